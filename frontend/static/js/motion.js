/** Albums in sight that make room glide to their new place, so that the eye can follow. */
import { cardsIn } from "./cards.js";

const GLIDE_MS = 180;
const gliding = new WeakMap(); // the animation of each card that is on its way

/** Runs `act`, which adds, removes or replaces cards in `grid`, and lets the others glide. */
export function moved(grid, act) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (still || document.hidden) return act();
  const seen = (card) => [card.dataset.album, card.getBoundingClientRect()];
  const before = new Map(cardsIn(grid).map(seen));
  act();
  const others = cardsIn(grid).filter((card) => before.has(card.dataset.album));
  // Whoever is on its way goes on from where it is seen, and what follows is where it belongs.
  for (const card of others) gliding.get(card)?.cancel();
  for (const card of others) {
    const from = before.get(card.dataset.album);
    const to = card.getBoundingClientRect();
    const [x, y] = [from.left - to.left, from.top - to.top];
    if ((!x && !y) || !(inSight(from) || inSight(to))) continue;
    const start = { transform: `translate(${x}px, ${y}px)` };
    const frames = [start, { transform: "none" }];
    gliding.set(card, card.animate(frames, { duration: GLIDE_MS, easing: "ease-out" }));
  }
}

function inSight({ top, bottom }) {
  return bottom > 0 && top < innerHeight;
}
