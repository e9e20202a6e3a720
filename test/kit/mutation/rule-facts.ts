// Stryker plugin: leaves out what a rule says about itself to people, which no judgement depends on.

/** Properties of a rule whose texts the README and the reports show. */
const FACTS = new Set(["title", "framework", "tags", "why", "fix", "url", "description"]);

type NodePath = {
  readonly node: { readonly type: string; readonly key?: { readonly name?: string } };
};

export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "rule-facts",
    value: {
      shouldIgnore({ node }: NodePath): string | undefined {
        const isFact = node.type === "ObjectProperty" && FACTS.has(node.key?.name ?? "");
        return isFact ? "told to people only" : undefined;
      },
    },
  },
];
