// Command-line tools that judge what the pipeline makes, by their Go modules.
import type { GoProgram } from "../kit/go-program.ts";

export const cosign: GoProgram = {
  name: "cosign",
  modules: { "github.com/sigstore/cosign/v3": "v3.1.3" },
  main: { command: "github.com/sigstore/cosign/v3/cmd/cosign" },
};

export const actionlint: GoProgram = {
  name: "actionlint",
  modules: { "github.com/rhysd/actionlint": "v1.7.12" },
  main: { command: "github.com/rhysd/actionlint/cmd/actionlint" },
};
