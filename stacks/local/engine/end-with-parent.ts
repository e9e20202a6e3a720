// Ends a plugin whose engine is gone: the engine stops its plugins, but cannot when it is itself killed with SIGKILL.

const CHECK_EVERY_MS = 1_000;

/** From now on this process exits soon after the process that started it. */
export function endWithParent(): void {
  const parent = process.ppid;
  const check = setInterval(() => {
    if (process.ppid !== parent) process.exit(0);
  }, CHECK_EVERY_MS);
  check.unref();
}
