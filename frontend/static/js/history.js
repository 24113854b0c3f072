import "./sync-rows.js";
