/** The questions of a pack's goldens, as the engine would put them to the pack. */
import { z } from 'zod';
import type { Json, JsonObject } from '../../../shared/core/json/canonical-json.ts';
import { applyMergePatch } from '../../../shared/policy-catalog/merge-patch.ts';
import type { GoldenCase } from '../../../shared/policy-catalog/pack-goldens.ts';
import { InputView, packView } from '../../../policy/engine/input-view.ts';
import { readPackManifest } from '../pack-manifest.ts';
import type { PackSources } from '../pack-sources.ts';

export interface Question {
  golden: GoldenCase;
  /** The whole question, before the pack's part of it was taken. */
  whole: Json;
  input: Json;
  /** The data the pack is asked with; its own where the case does not replace it. */
  data: JsonObject | undefined;
}

const Fields = z.record(z.string(), z.json());

/** The part of a question that the engine shows to the pack; a question that is no object is shown as it is. */
function shownTo(pack: PackSources, whole: Json): Json {
  const { data } = Fields.safeParse(whole);
  const { reads } = readPackManifest(pack).metadata;
  return data ? Fields.parse(JSON.parse(new InputView(data).of(packView({ name: pack.name, reads })))) : whole;
}

/** The question of a golden. */
export function askedBy(pack: PackSources, base: Json, golden: GoldenCase): Question {
  const whole = applyMergePatch(base, golden.change);
  return { golden, whole, input: shownTo(pack, whole), data: golden.data && { mc: { [pack.name]: golden.data } } };
}
