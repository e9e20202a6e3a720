// Rotation of managed keys as the gateway sees it: the file renewed under it, and no caller refused on the way.
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { clientKeysFile, toClientKey } from "../../../components/secrets/secrets.manifests.ts";
import { planSecrets } from "../../../components/secrets/secrets.plan.ts";
import { openKeyStore, type WatchedKeyStore } from "../../../serving/adapters/keys/key-store.ts";
import type { Log } from "../../../serving/ports.ts";
import { ownership } from "../../kit/component-owner.ts";

const folder = mkdtempSync(join(tmpdir(), "rampa-keys-"));
const silent = (): void => {};
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const keyOf = (generation: number): string => toClientKey(`password-of-generation-${generation}`);

let store: WatchedKeyStore;

beforeAll(async () => {
  mount(1);
  store = await openKeyStore({ path: join(folder, "keys.json"), log, pollMs: 5 });
});

afterAll(() => {
  store.stop();
  rmSync(folder, { recursive: true });
});

/** Renews the mounted file as the kubelet does: a folder a version, and a link that is swapped. */
function mount(rotation: number): void {
  const plan = planSecrets({ ownership, rotation });
  const version = join(folder, `version-${rotation}`);
  mkdirSync(version);
  writeFileSync(
    join(version, "keys.json"),
    clientKeysFile(
      plan,
      plan.keys.map((key) => keyOf(key.generation)),
    ),
  );
  symlinkSync(version, join(folder, "..next"));
  renameSync(join(folder, "..next"), join(folder, "..data"));
  if (rotation === 1) symlinkSync(join("..data", "keys.json"), join(folder, "keys.json"));
}

it("knows the key before and the newest one, and at no moment refuses the one that callers hold", async () => {
  expect(store.find(keyOf(1))?.id).toBe("dev-1");
  for (const rotation of [2, 3]) {
    const held = keyOf(rotation - 1);
    let refused = 0;
    mount(rotation);
    await vi.waitFor(
      () => {
        if (store.find(held) === undefined) refused += 1;
        expect(store.find(keyOf(rotation))?.id).toBe(`dev-${rotation}`);
      },
      { interval: 1, timeout: 5_000 },
    );
    expect(refused).toBe(0);
    expect(store.find(held)?.id).toBe(`dev-${rotation - 1}`);
  }
  expect(store.find(keyOf(1))).toBeUndefined();
});
