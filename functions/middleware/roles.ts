import type { Role } from '../../shared/tenant/actor.ts';

/** Reading what the tenant has. */
export const readers: readonly Role[] = ['admin', 'operator', 'composer', 'viewer'];
/** Running published workflows. */
export const operators: readonly Role[] = ['admin', 'operator'];
/** Changing what can be run. */
export const composers: readonly Role[] = ['admin', 'composer'];
