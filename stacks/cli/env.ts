// `rampa env`: lines for `eval "$(…)"`, after which plain pulumi acts on this checkout's state.
import { engineEnvironment, shellExports } from "../local/engine/environment.ts";
import type { OutputOptions } from "./output.ts";

export async function runEnv(options: OutputOptions): Promise<number> {
  const environment = engineEnvironment();
  process.stdout.write(
    options.json ? `${JSON.stringify(environment, null, 2)}\n` : shellExports(environment),
  );
  return 0;
}
