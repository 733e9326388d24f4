import { MemoryStore } from "./memory-store.ts";
import { storeContract } from "./store-contract.ts";

storeContract((use) => {
  const store = new MemoryStore();
  use(store, () => store);
});
