/** The Worker: its HTTP app, and the class of the objects that are the realms. */

import { app } from "./worker/app.ts";

export { RealmObject } from "./worker/realm-object.ts";

export default app;
