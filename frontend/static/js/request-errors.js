/** What went wrong with a request of this page: in words for people, and for how long it is so. */
import { unfinished } from "./panel-view.js";

export const UNREACHABLE = {
  code: "unreachable",
  message: "The request did not reach the server.",
  remedy: "Check your connection and try again.",
};
const UNREACHED = [UNREACHABLE.code, "database-gone"];
const OUTDATED = ["csrf", "signed-out", "not-allowed"]; // a page that is loaded now meets none
// Where the server's own words are for programs, or stand beside a link that says the same.
const FOR_PEOPLE = {
  csrf: {
    message: "This page is out of date, so nothing was done.",
    remedy: "Reload it, sign in if it asks you to, and try again.",
  },
  "signed-out": { message: "You are signed out, so nothing was done.", remedy: "" },
};

/** `error` as the server gave it, if it did, with the status `code` of its answer. */
export function forPeople(error = null, code) {
  return error ? { ...error, ...FOR_PEOPLE[error.code] } : unexpected(code);
}

/** Whether it shows that the sign-in or its rights changed after this page was made. */
export function outdates(error) {
  return OUTDATED.includes(error?.code);
}

/** Whether an error is still worth its place, after the step from one state of the page to the
 * next: none beyond the next start or end of a sync, and none about a server or a database that
 * could not be reached beyond the moment in which the live connection is back. */
export function stands(error, before, after) {
  const reachedAgain = reached(after) && !reached(before);
  if (UNREACHED.includes(error.code) && reachedAgain) return false;
  const [was, is] = [before, after].map(({ status }) => status?.operation ?? null);
  return was?.id === is?.id && unfinished(was) === unfinished(is);
}

function reached({ connection }) {
  return ["live", "polling"].includes(connection.name);
}

function unexpected(code) {
  return {
    code: "unexpected",
    message: `The server could not do this (status ${code}).`,
    remedy: "Reload the page and try again.",
  };
}
