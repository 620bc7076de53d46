// Drives the Node recipe: node drive.mjs <file of the page>
// One JSON line comes in and one goes out, in order:
//   {verify: header}  ->  {claims} or {refused} or {unavailable}, with why
//   {age: ms}         ->  {}, after so much time on the clock that the recipe reads
//   {reload: true}    ->  {}, after what it does once in a while
//   {timeouts: true}  ->  {timeouts}, of its fetches so far

import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

globalThis.crypto ??= webcrypto; // Node 18 has it, but not as a global

const now = Date.now;
let offset = 0;
Date.now = () => now() + offset;

const timeouts = [];
const timeout = AbortSignal.timeout;
AbortSignal.timeout = (ms) => {
  timeouts.push(ms);
  return timeout.call(AbortSignal, ms);
};

let reload;
globalThis.setInterval = (callback) => {
  reload = callback;
  return { unref() {} };
};

const { KeysUnavailable, Refused, verify } = await import(pathToFileURL(process.argv[2]));

async function answer(line) {
  if (line.age) offset += line.age;
  if (line.reload) await reload();
  if (line.timeouts) return { timeouts };
  if (!("verify" in line)) return {};
  try {
    return { claims: await verify(line.verify) };
  } catch (error) {
    const why = error.cause?.code ?? String(error.cause);
    if (error instanceof Refused) return { refused: why };
    if (error instanceof KeysUnavailable) return { unavailable: why };
    throw error; // the recipe is broken
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
