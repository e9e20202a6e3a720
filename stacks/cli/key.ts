// `rampa key show`: prints the newest client key of the local stack; other stacks' keys are never printed.
import { CliError } from "./cli-error.ts";
import { type OutputOptions, print } from "./output.ts";
import { readPlatformOutputs } from "./platform-stack.ts";
import { readStack } from "./stack-file.ts";

export type KeyOptions = OutputOptions & { readonly stack: string };

export async function runKeyShow(options: KeyOptions): Promise<number> {
  const settings = await readStack(options.stack);
  if (settings.environment !== "local") {
    throw new CliError(
      "cli.usage",
      `only keys of a local stack are printed; ${options.stack} is of the environment '${settings.environment}'`,
      `eval "$(npm run -s rampa -- env)", then: pulumi stack output apiKey --show-secrets --stack ${options.stack}`,
    );
  }
  const { apiKey } = await readPlatformOutputs(options.stack);
  print(options, { key: apiKey }, apiKey);
  return 0;
}
