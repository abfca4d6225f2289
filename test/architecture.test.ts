import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

interface Cruise {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

test('every import goes the way docs/architecture.md says, and all modules were looked at', () => {
  const run = spawnSync(
    process.execPath,
    ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', 'src', '-T', 'json'],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  const { summary } = JSON.parse(run.stdout) as Cruise;
  expect(summary.violations.map((v) => `${v.rule.name}: ${v.from} → ${v.to}`)).toEqual([]);
  expect(summary.totalCruised).toBeGreaterThan(50);
}, 120_000);
