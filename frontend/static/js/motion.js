/** Cards in sight that make room glide to their new place, so that the eye can follow. */

const GLIDE_MS = 180;

/** Runs `act`, which adds or removes children of `list`, and lets the others glide. */
export function moved(list, act) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (still) return act();
  const before = new Map([...list.children].map((card) => [card, card.getBoundingClientRect()]));
  act();
  for (const card of list.children) {
    const from = before.get(card);
    if (!from) continue;
    const to = card.getBoundingClientRect();
    const [x, y] = [from.left - to.left, from.top - to.top];
    if ((!x && !y) || !(inSight(from) || inSight(to))) continue;
    const start = { transform: `translate(${x}px, ${y}px)` };
    card.animate([start, { transform: "none" }], { duration: GLIDE_MS, easing: "ease-out" });
  }
}

function inSight({ top, bottom }) {
  return bottom > 0 && top < innerHeight;
}
