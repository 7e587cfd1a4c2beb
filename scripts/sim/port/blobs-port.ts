/** The blob port of one process. Facades are used again in later worlds, because what the engine verified of a package it remembers by blob store. */
import { digestBytes, type Digest } from '../../../shared/core/digest.ts';
import type { TenantId } from '../../../shared/core/tenant-id.ts';
import type { BlobKind, BlobStore } from '../../../shared/port/blob-store.ts';
import { networkRefusals, type SimulatedProcess } from '../world/simulated-process.ts';

/** Where bytes lie. */
export type BlobMap = Map<string, Uint8Array>;

const blobKey = (tenant: TenantId, kind: BlobKind, digest: Digest): string => `${tenant}/${kind}/${digest}`;

/** Bytes in memory, at once and without fault: for what is there before a world begins. */
export function plainBlobs(map: BlobMap): BlobStore {
  return {
    put: async (tenant, kind, bytes) => {
      const digest = digestBytes(bytes);
      map.set(blobKey(tenant, kind, digest), bytes);
      return digest;
    },
    find: async (tenant, kind, digest) => map.get(blobKey(tenant, kind, digest)),
    remove: async (tenant, kind, digest) => {
      map.delete(blobKey(tenant, kind, digest));
      return true;
    },
  };
}

export class BlobsPort implements BlobStore {
  /** Whose blobs they are now; before its first use, those of whoever warms it up. */
  owner: SimulatedProcess | BlobStore;

  constructor(owner: BlobStore) {
    this.owner = owner;
  }

  async put(tenant: TenantId, kind: BlobKind, bytes: Uint8Array): Promise<Digest> {
    if ('put' in this.owner) return this.owner.put(tenant, kind, bytes);
    const { world } = this.owner;
    const digest = digestBytes(bytes);
    return this.owner.step({ name: `put ${kind}`, isWrite: true, refusals: networkRefusals }, () => {
      world.blobs.set(blobKey(tenant, kind, digest), bytes);
      return digest;
    });
  }

  async find(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<Uint8Array | undefined> {
    if ('find' in this.owner) return this.owner.find(tenant, kind, digest);
    const { world } = this.owner;
    return this.owner.step({ name: `find ${kind}`, isWrite: false, refusals: networkRefusals }, () =>
      world.blobs.get(blobKey(tenant, kind, digest)),
    );
  }

  async remove(tenant: TenantId, kind: BlobKind, digest: Digest): Promise<boolean> {
    if ('remove' in this.owner) return this.owner.remove(tenant, kind, digest);
    const { world } = this.owner;
    return this.owner.step({ name: `remove ${kind}`, isWrite: true, refusals: networkRefusals }, () => {
      world.blobs.delete(blobKey(tenant, kind, digest));
      return true;
    });
  }
}
