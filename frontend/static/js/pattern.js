/** The picture of an album without a cover: the twin of frontend/pattern.py. */
import { svg } from "./dom.js";

const TONES = 6;
const RINGS = 9;

export function pattern(albumId) {
  const octets = albumId.replaceAll("-", "").match(/../g).map((pair) => parseInt(pair, 16));
  let radius = 6;
  const rings = octets.slice(3, 3 + RINGS).map((octet) => {
    radius += 6 + (octet % 11);
    return { radius, width: 1 + (octet % 3) };
  });
  return { tone: octets[0] % TONES, x: (octets[1] % 5) * 25, y: (octets[2] % 5) * 25, rings };
}

/** The same drawing as in templates/_pattern.html. */
export function drawing(albumId) {
  const { tone, x, y, rings } = pattern(albumId);
  return svg(
    "svg",
    { class: `pattern tone-${tone}`, viewBox: "0 0 100 100", "aria-hidden": "true" },
    svg("rect", { width: 100, height: 100 }),
    ...rings.map(({ radius, width }) =>
      svg("circle", { cx: x, cy: y, r: radius, "stroke-width": width }),
    ),
  );
}
