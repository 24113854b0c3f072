/** On the page that says that the database is away: shows what was asked for once it is back. A
 * server that has no socket left for anybody is not ready, but has pages. */
const EVERY_MS = 5_000;

async function look() {
  const { database } = await fetch("/readyz")
    .then((answer) => answer.json())
    .catch(() => ({}));
  if (database) location.reload();
  else setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
