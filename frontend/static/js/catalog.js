import "./acts.js";
import "./album-grid.js";
import "./failure-list.js";
import "./retry-rows.js";
import "./sync-panel.js";
import "./watchers.js";
