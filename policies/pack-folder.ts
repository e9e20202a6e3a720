// Where the policy pack is: what the CLI passes to the engine as `--policy-pack`. It runs as it is, nothing is built.

export const policyPackFolder = import.meta.dirname;
