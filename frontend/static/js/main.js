import "./acts.js";
import "./album-grid.js";
import "./announcer.js";
import "./connection-chip.js";
import "./failure-list.js";
import "./relative-time.js";
import "./retry-rows.js";
import "./sync-panel.js";
import "./watchers.js";
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
