import "./copy-text.js";
import "./sync-live.js";
