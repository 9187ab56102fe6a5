// Puts the parts together: store, commands, engine, user interface.

import { render } from "preact";
import { CornerstoneEngine } from "./engine/cornerstone";
import { hang } from "./hang/hang";
import { Commands } from "./state/commands";
import { listenToKeys } from "./state/keys";
import { addReadingCommands } from "./state/reading";
import { Session } from "./state/session";
import { Store } from "./state/store";
import { App } from "./ui/App";

const store = new Store();
const commands = new Commands();
const engine = new CornerstoneEngine(store, commands);

addReadingCommands({ store, commands, engine });
listenToKeys(commands);

const session = new Session(store, commands, hang);

// For scripts and tests: what is shown, and everything that can be done.
Object.assign(globalThis, { hounsfield: { store, commands, engine, session } });

void session.start();

const root = document.getElementById("app");
if (root) render(<App store={store} commands={commands} engine={engine} session={session} />, root);
