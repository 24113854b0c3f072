/** Times, durations and rates in words: the twin of frontend/words.py. */

const MINUTE = 60; // everything here is in seconds
const HOUR = 3600;
const DAY = 86400;
const MONTH_DAYS = 30;
const YEAR_DAYS = 365;

export function ago(seconds) {
  if (seconds < MINUTE) return "just now";
  if (seconds < HOUR) return `${counted(seconds / MINUTE, "minute")} ago`;
  if (seconds < DAY) return `${counted(seconds / HOUR, "hour")} ago`;
  const days = Math.floor(seconds / DAY);
  if (days < MONTH_DAYS) return `${counted(days, "day")} ago`;
  if (days < YEAR_DAYS) return `${counted(days / MONTH_DAYS, "month")} ago`;
  return `${counted(days / YEAR_DAYS, "year")} ago`;
}

export function shortAgo(seconds) {
  if (seconds < 1) return "just now";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s ago`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  return ago(seconds);
}

export function span(seconds) {
  if (seconds < 1) return "under 1 s";
  const whole = Math.floor(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return pair(Math.floor(whole / MINUTE), "min", whole % MINUTE, "s");
  if (whole < DAY) {
    return pair(Math.floor(whole / HOUR), "h", Math.floor((whole % HOUR) / MINUTE), "min");
  }
  const days = Math.floor(whole / DAY);
  return pair(days, days === 1 ? "day" : "days", Math.floor((whole % DAY) / HOUR), "h");
}

export function timeLeft(seconds) {
  if (seconds < 8) return "a few seconds left";
  if (seconds < 55) return `about ${tens(seconds)} s left`;
  if (seconds < HOUR - MINUTE / 2) return `about ${Math.floor(seconds / MINUTE + 0.5)} min left`;
  const minutes = tens(seconds / MINUTE);
  return `about ${pair(Math.floor(minutes / 60), "h", minutes % 60, "min")} left`;
}

export function pace(albumsPerSecond) {
  if (albumsPerSecond >= 9.95) return `${Math.floor(albumsPerSecond + 0.5)} albums a second`;
  if (albumsPerSecond >= 1) return `${albumsPerSecond.toFixed(1)} albums a second`;
  return `${counted(Math.floor(albumsPerSecond * 60 + 0.5), "album")} a minute`;
}

/** The reader's own time of day, with the date before it unless it is today's. */
export function clock(moment, now) {
  const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "short", hourCycle: "h23" });
  if (moment.toDateString() === now.toDateString()) return time.format(moment);
  const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
  return `${day.format(moment)}, ${time.format(moment)}`;
}

export function absolute(moment) {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "long" }).format(moment);
}

function counted(count, noun) {
  const whole = Math.floor(count);
  return whole === 1 ? `1 ${noun}` : `${whole} ${noun}s`;
}

function pair(large, largeUnit, small, smallUnit) {
  return small ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}

function tens(value) {
  return Math.max(10, Math.floor(value / 10 + 0.5) * 10);
}
