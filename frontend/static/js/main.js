// What a page has of its own stands before this one, so that it misses nothing that arrives.
import "./announcer.js";
import "./connection-chip.js";
import "./relative-time.js";
import { submitOnChange } from "./filters.js";
import { follow } from "./live.js";
import { listenForShortcuts } from "./shortcuts.js";
import { current } from "./store.js";
import { showInTab } from "./tab-title.js";

submitOnChange();
listenForShortcuts();
if (current().status) {
  showInTab();
  follow();
}
