"""The sample of "many machines" on this one: two web processes, two workers, and nginx in front."""
