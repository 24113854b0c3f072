/** Where a new card belongs among the cards of this page. */

const LAST = Number.MAX_SAFE_INTEGER;

const KEYS = {
  artist: ({ artist, year, title }) => [artist, Number(year) || LAST, title],
  title: ({ title, artist }) => [title, artist],
  year: ({ year, artist }) => [-(Number(year) || -LAST), artist],
  oldest: ({ year, artist }) => [Number(year) || LAST, artist],
  added: () => [], // it was added just now, so it stands before all
};

/** The index among `cards`, or null where it belongs to another page. */
export function place(card, cards, { sort, firstPage, lastPage }) {
  const key = KEYS[sort];
  if (!key) return null;
  const found = cards.findIndex((other) => compare(key(card.dataset), key(other.dataset)) <= 0);
  const index = found === -1 ? cards.length : found;
  if (index === 0 && !firstPage) return null;
  if (index === cards.length && !lastPage) return null;
  return index;
}

function compare(left, right) {
  for (const [index, value] of left.entries()) {
    if (value < right[index]) return -1;
    if (value > right[index]) return 1;
  }
  return 0;
}
