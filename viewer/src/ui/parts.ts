// What every component gets.

import type { Engine } from "../engine/engine";
import type { Commands } from "../state/commands";
import type { Session } from "../state/session";
import type { Store } from "../state/store";
import type { Room } from "./room";

export interface Parts {
  store: Store;
  commands: Commands;
  engine: Engine;
  session: Session;
  room: Room;
}
