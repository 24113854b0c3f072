import "./replay-deck.js"; // first: it stops the clock that the others show
import "./failure-list.js";
import "./relative-time.js";
import "./sync-panel.js";
import { listenForShortcuts } from "./shortcuts.js";

listenForShortcuts();
