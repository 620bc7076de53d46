// Verifies access tokens as somebody else's service would: with npm's jose, and with
// the keys that it fetches itself.
//
// Usage: node verify.mjs <directory with node_modules/jose>
// One JSON line comes in and one goes out, in order:
//   {service, jwks_uri, token, options}  ->  {header, claims} or {code, claim}
// Lines that name the same service share its copy of the key set.

import { webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

globalThis.crypto ??= webcrypto; // Node 18 has it, but not as a global

const { resolve } = createRequire(join(process.argv[2], "package.json"));
const { createRemoteJWKSet, errors, jwtVerify } = await import(pathToFileURL(resolve("jose")));

const keySets = new Map();

function keySet(service, jwksUri) {
  if (!keySets.has(service)) {
    // By default jose fetches no sooner than 30 s after it last did: long over when a
    // key signs that was published KEY_OVERLAP before.
    keySets.set(service, createRemoteJWKSet(new URL(jwksUri), { cooldownDuration: 0 }));
  }
  return keySets.get(service);
}

async function verdict({ service, jwks_uri, token, options }) {
  try {
    const proven = await jwtVerify(token, keySet(service, jwks_uri), options);
    return { header: proven.protectedHeader, claims: proven.payload };
  } catch (error) {
    if (error instanceof errors.JOSEError) return { code: error.code, claim: error.claim };
    throw error; // no verdict: this program or its server is broken
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await verdict(JSON.parse(line)))}\n`);
}
