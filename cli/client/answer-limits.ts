/** How many bytes are taken of an answer: what listens at an address need not be a home, and what it sends is held in memory. */
import { maxCheckpointCharacters } from '../../shared/log/checkpoint.ts';
import { maxEntryBytes } from '../../shared/log/entry-bundle.ts';
import { tileWidth } from '../../shared/log/tile-path.ts';
import { maxBundleBytes } from '../../shared/receipt/bundle.ts';

const mib = 1024 * 1024;
/** An entry stands behind its length. */
const lengthBytes = 2;

export const answerLimits = {
  /**
   * JSON, NDJSON and documents. The longest are runs with their outputs: a few times the 4 MiB of an attempt, and most of that six times as long in JSON. Homes of before 0.3
   * also give a thousand lines of a log at once, whatever their length.
   */
  document: 256 * mib,
  /** A signed statement: no more is verified either. */
  bundle: maxBundleBytes,
  /** A piece of a part of a disclosure pack: what every home answers at once, which for a deployed one is some 4.4 MB (functions/middleware/lambda.ts). */
  piece: 4_000_000,
  /** What is taken of a bundle that is pushed (policy/engine/untar.ts, which would load a reader of archives). */
  policyBundle: 4 * mib,
  /** A trusted root names a few keys and certificates. */
  trustedRoot: mib,
  /** In UTF-8 a character of a checkpoint has at most three bytes. */
  checkpoint: 3 * maxCheckpointCharacters,
  /** The entries of a full bundle; hashes are fewer bytes. */
  tile: tileWidth * (lengthBytes + maxEntryBytes),
} as const;
