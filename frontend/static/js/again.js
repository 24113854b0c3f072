/** On the page that says that the database is away: shows what was asked for once it is back. */
const EVERY_MS = 5_000;

async function look() {
  const ready = await fetch("/readyz").then((answer) => answer.ok).catch(() => false);
  if (ready) location.reload();
  else setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
