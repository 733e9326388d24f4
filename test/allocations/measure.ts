/**
 * Prints what each conversation costs per exchange, as JSON. V8 must run without its optimizing compilers
 * (`measure-costs.ts`): they remove allocations at moments that differ from run to run.
 */

import { Session } from "node:inspector";
import { type Conversation, newConversations } from "./conversations.ts";
import type { Cost } from "./measure-costs.ts";

const WARM_UP = 100;
const COUNTED = 200;

/** The part of a heap snapshot that says which function allocated how much; freed objects count, too. */
interface AllocationTrace {
  readonly snapshot: { readonly meta: { readonly trace_function_info_fields: readonly string[] } };
  readonly strings: readonly string[];
  /** Numbers of each function, one after the other. */
  readonly trace_function_infos: readonly number[];
  /** Five elements a node: id, index of the function, objects, bytes, nodes of the functions it called. */
  readonly trace_tree: readonly unknown[];
}

function measure({ exchange, framesSent }: Conversation): Cost {
  let number = 0;
  while (number < WARM_UP) exchange(++number);
  const framesBefore = framesSent();
  const { objects, bytes } = traceAllocations(() => {
    while (number < WARM_UP + COUNTED) exchange(++number);
  });
  // Rounded, because tables grow at some exchanges only.
  const perExchange = (count: number) => Math.round((10 * count) / COUNTED) / 10;
  return {
    objects: perExchange(objects),
    bytes: Math.round(bytes / COUNTED),
    frames: perExchange(framesSent() - framesBefore),
  };
}

function traceAllocations(run: () => void): { objects: number; bytes: number } {
  const session = new Session();
  session.connect();
  const chunks: string[] = [];
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ params }) => chunks.push(params.chunk));
  session.post("HeapProfiler.startTrackingHeapObjects", { trackAllocations: true });
  run();
  session.post("HeapProfiler.stopTrackingHeapObjects", { reportProgress: false });
  session.disconnect();
  const trace: AllocationTrace = JSON.parse(chunks.join(""));
  return sum(trace.trace_tree, trace);
}

/** Sums the allocations of a tree of calls, without those of the inspector itself. */
function sum(nodes: readonly unknown[], trace: AllocationTrace): { objects: number; bytes: number } {
  let [objects, bytes] = [0, 0];
  for (let index = 0; index < nodes.length; index += 5) {
    if (scriptOf(nodes[index + 1] as number, trace) === "node:inspector") continue;
    const called = sum(nodes[index + 4] as unknown[], trace);
    objects += (nodes[index + 2] as number) + called.objects;
    bytes += (nodes[index + 3] as number) + called.bytes;
  }
  return { objects, bytes };
}

function scriptOf(index: number, { snapshot, strings, trace_function_infos: infos }: AllocationTrace): string {
  const fields = snapshot.meta.trace_function_info_fields;
  return strings[infos[index * fields.length + fields.indexOf("script_name")]!]!;
}

const costs = newConversations(WARM_UP + COUNTED).map((conversation) => [conversation.name, measure(conversation)]);
process.stdout.write(JSON.stringify(Object.fromEntries(costs)));
