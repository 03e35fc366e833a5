import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '@fw/engine-restate/server';
import { startRestateNode } from '../src/restate-node.ts';
import type { RestateNode } from '../src/restate-node.ts';

export interface Cluster {
  readonly nodes: readonly RestateNode[];
  isAlive(node: RestateNode): Promise<boolean>;
  close(): Promise<void>;
}

/** Three nodes on this machine that keep everything twice: docs/restate.md says the same for three machines. */
export async function startThreeNodes(): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'fw-restate-'));
  const ports = await freePorts(9);
  const names = ['one', 'two', 'three'];
  const addresses = names.map((_, index) => `http://127.0.0.1:${ports[index * 3]}`);
  const nodes = names.map((name, index) => startRestateNode({
    name, folder, port: ports[index * 3]!, ingressPort: ports[index * 3 + 1]!, adminPort: ports[index * 3 + 2]!,
    environment: {
      RESTATE_CLUSTER_NAME: 'proof', RESTATE_AUTO_PROVISION: String(index === 0),
      RESTATE_DEFAULT_REPLICATION: '2', RESTATE_DEFAULT_NUM_PARTITIONS: '6',
      RESTATE_METADATA_CLIENT__ADDRESSES: `[${addresses.map((address) => `"${address}"`).join(', ')}]`,
      RESTATE_ADVERTISED_ADDRESS: addresses[index]!,
      RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '256MB',
    },
  }));
  const cluster: Cluster = {
    nodes,
    isAlive: ({ adminUrl }) => fetch(`${adminUrl}/health`).then(({ ok }) => ok, () => false),
    async close() {
      await Promise.all(nodes.map((node) => node.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(nodes.map((node) => node.ready()));
    // Every node has to have joined before one may go.
    await delay(5_000);
    return cluster;
  } catch (error) {
    await cluster.close();
    throw error;
  }
}
