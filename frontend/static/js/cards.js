/** One album's card or row: built from the page's own template, and changed in place. */
import { element, setAttribute, setText } from "./dom.js";
import { drawing } from "./pattern.js";

const GLOW = { duration: 1_200, easing: "linear" };
const GLOWING = 0.86; // of it; what moves then, at its end, takes less than 200 ms

/** The albums in `grid`, as covers or as rows, in their order. */
export function cardsIn(grid) {
  return [...grid.querySelectorAll("[data-album]")];
}

export function newCard(template, { album, artist, title, changes }) {
  const card = template.content.firstElementChild.cloneNode(true);
  card.dataset.album = album;
  for (const link of card.querySelectorAll("a[data-album-link]")) link.href = `/albums/${album}/`;
  change(card, { artist: [null, artist], title: [null, title], cover_url: [null, ""], ...changes });
  return card;
}

/** `changes` is {field: [old, new]}, as the log has it. */
export function change(card, changes) {
  for (const [field, [, value]] of Object.entries(changes)) {
    for (const node of card.querySelectorAll(`[data-field="${field}"]`)) {
      setText(node, Array.isArray(value) ? value.join(", ") : String(value ?? ""));
    }
    if (["artist", "title"].includes(field)) card.dataset[field] = sortKey(value);
    if (field === "year") card.dataset.year = value ?? "";
    if (field === "spotify_id") linkToSpotify(card, value);
  }
  if ("cover_url" in changes) showCover(card, changes.cover_url[1]);
  else if ("artist" in changes || "title" in changes) setAttribute(image(card), "alt", alt(card));
}

/** Nothing of it stands in the page, which need not be laid out for it. */
export function glow(card) {
  const cover = card.localName === "tr" ? null : card.querySelector(".cover");
  const look = cover ? { outlineColor: "var(--accent)" } : { backgroundColor: "var(--glow)" };
  for (const node of cover ? [cover] : card.children) {
    node.animate([look, { ...look, offset: GLOWING }], GLOW);
  }
}

/** As the catalog sorts: no case, no accents, no leading "the". */
export function sortKey(text) {
  const plain = text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").trim();
  return plain.startsWith("the ") ? plain.slice(4) : plain;
}

function linkToSpotify(card, id) {
  const link = card.querySelector("a[data-spotify]");
  link.hidden = !id;
  if (id) link.href = `https://open.spotify.com/album/${encodeURIComponent(id)}`;
}

function showCover(card, url) {
  const frame = card.querySelector(".cover");
  if (/^https?:\/\//.test(url ?? "")) {
    const size = { width: 320, height: 320, loading: "lazy", decoding: "async" };
    frame.replaceChildren(element("img", { src: url, alt: alt(card), ...size }));
  } else {
    const name = element("span", { class: "pattern-title", "aria-hidden": "true" });
    setText(name, told(card, "title"));
    name.dataset.field = "title";
    frame.replaceChildren(drawing(card.dataset.album), name);
  }
}

function image(card) {
  return card.querySelector(".cover img");
}

function alt(card) {
  return `Cover of ${told(card, "title")} by ${told(card, "artist")}`;
}

/** A field as the card tells it beside the cover. */
function told(card, field) {
  return card.querySelector(`:not(.cover) > [data-field="${field}"]`).textContent;
}
