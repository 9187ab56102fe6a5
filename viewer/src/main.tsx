// Puts the parts together: store, commands, engine, user interface.

import { render } from "preact";
import { CornerstoneEngine } from "./engine/cornerstone";
import { hang } from "./hang/hang";
import { Commands } from "./state/commands";
import { listenToKeys } from "./state/keys";
import { addReadingCommands } from "./state/reading";
import { Session } from "./state/session";
import { Store } from "./state/store";
import "./theme/theme.css";
import { App } from "./ui/App";
import { addRoomCommands } from "./ui/commands";
import { Room } from "./ui/room";

const store = new Store();
const commands = new Commands();
const engine = new CornerstoneEngine(store, commands);
const session = new Session(store, commands, hang);
const room = new Room();
const parts = { store, commands, engine, session, room };

addReadingCommands(parts);
addRoomCommands(parts);
room.follow(commands);
listenToKeys(commands);

// For scripts and tests: what is shown, and everything that can be done.
Object.assign(globalThis, { hounsfield: parts });

void session.start();

const root = document.getElementById("app");
if (root) render(<App {...parts} />, root);
