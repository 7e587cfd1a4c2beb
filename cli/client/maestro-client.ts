/**
 * The typed client of the HTTP API, one method an operation. Answers are parsed before the caller sees them; anything but a success is
 * thrown as an ApiProblem. Used by the command line, the end-to-end suite of both homes and the benchmark.
 */
import type { z } from 'zod';
import type { Json } from '../../shared/core/json/canonical-json.ts';
import { Decision } from '../../shared/decision/decision.ts';
import { EvidenceManifest } from '../../shared/evidence/evidence-manifest.ts';
import type { ExecutionAction } from '../../shared/execution/actions/act-on-execution.ts';
import { Execution, type StartRequest } from '../../shared/execution/execution.ts';
import type { StatementForm } from '../../shared/identity/identity-form.ts';
import { Workflow } from '../../shared/manifest/workflow.ts';
import { PackageRecord } from '../../shared/package/package-record.ts';
import { OwnPack } from '../../shared/port/policy-engine.ts';
import { RunDecisionPage } from '../../shared/execution/read/list-run-decisions.ts';
import { ReplayPage } from '../../shared/replay/replay.ts';
import { PolicyPack, PushedPolicyPack } from '../../shared/policy-catalog/policy-pack.ts';
import { PlanAnswer } from '../../shared/plan/plan.ts';
import type { RequestRotation } from '../../shared/rotation/request-rotation.ts';
import { KeyRotation, KeyRotationDetails } from '../../shared/rotation/rotation-view.ts';
import { Identity } from '../../shared/tenant/describe-caller.ts';
import type { ChangeTenant } from '../../shared/tenant-admin/change-tenant.ts';
import type { CreateTenant } from '../../shared/tenant-admin/create-tenant.ts';
import type { PutMember } from '../../shared/tenant-admin/put-member.ts';
import { TenantDetails } from '../../shared/tenant-admin/tenant-view.ts';
import { Member } from '../../shared/tenant/tenant.ts';
import { answerLimits } from './answer-limits.ts';
import * as answers from './answers.ts';
import { parseAs, parseJson } from './parse-answer.ts';
import { RetentionClient } from './retention-client.ts';
import { fetchPieces } from './fetch-pieces.ts';
import { createTransport, type Answer, type Exchange, type HomeAddress, type Transport } from './http-transport.ts';

export interface PageRequest {
  limit?: number;
  cursor?: string | undefined;
}

export interface PlanRequest {
  workflow?: string;
  manifest?: string;
  inputs?: Record<string, Json>;
  region?: string;
}

export type ManifestMediaType = 'application/yaml' | 'application/json';

export class MaestroClient {
  readonly #send: Transport;
  /** What is kept for how long, holds and purges. */
  readonly retention: RetentionClient;

  constructor(home: HomeAddress) {
    this.#send = createTransport(home);
    this.retention = new RetentionClient(this.#send);
  }

  /** `created` is false when the same draft was there already. */
  async createWorkflow(text: string, mediaType: ManifestMediaType = 'application/yaml'): Promise<{ workflow: Workflow; created: boolean }> {
    const answer = await this.#send({ method: 'POST', path: '/api/workflows', body: { mediaType, content: text } });
    return { workflow: parseAs(Workflow, answer), created: answer.status === 201 };
  }

  async listWorkflows(page: PageRequest & { name?: string | undefined } = {}): Promise<answers.WorkflowPage> {
    return parseAs(answers.WorkflowPage, await this.#send({ method: 'GET', path: '/api/workflows', query: { ...page } }));
  }

  async getWorkflow(ref: string): Promise<Workflow> {
    return parseAs(Workflow, await this.#send({ method: 'GET', path: `/api/workflows/${encodeURIComponent(ref)}` }));
  }

  async publishWorkflow(ref: string, options: { bump?: 'patch' | 'minor' | 'major' } = {}): Promise<Workflow> {
    return parseAs(Workflow, await this.#post(`/api/workflows/${encodeURIComponent(ref)}/publish`, options));
  }

  async planRun(request: PlanRequest): Promise<PlanAnswer> {
    return parseAs(PlanAnswer, await this.#post('/api/plan', request));
  }

  async startExecution(request: StartRequest, options: { idempotencyKey?: string | undefined } = {}): Promise<Execution> {
    const headers = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
    return parseAs(Execution, await this.#post('/api/executions', request, headers));
  }

  /** One start a line of NDJSON; answers what became of each, in order. */
  async startExecutions(
    lines: string | Uint8Array<ArrayBuffer>,
    options: { idempotencyKey?: string | undefined } = {},
  ): Promise<answers.BatchAnswer[]> {
    const headers = options.idempotencyKey === undefined ? {} : { 'idempotency-key': options.idempotencyKey };
    const body = { mediaType: 'application/x-ndjson', content: lines };
    const answer = await this.#send({ method: 'POST', path: '/api/executions:batch', headers, body });
    const answered = answer.text.split('\n').filter((text) => text !== '');
    return answered.map((text) => parseAs(answers.BatchAnswer, { ...answer, text }));
  }

  /** Cancel answers the run, retry and replay the new one. */
  async actOnExecution(
    id: string,
    action: ExecutionAction,
    { reason, idempotencyKey }: { reason: string; idempotencyKey?: string | undefined },
  ): Promise<Execution> {
    const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    return parseAs(Execution, await this.#post(`/api/executions/${encodeURIComponent(id)}:${action}`, { reason }, headers));
  }

  async listExecutions(page: PageRequest = {}): Promise<answers.ExecutionPage> {
    return parseAs(answers.ExecutionPage, await this.#send({ method: 'GET', path: '/api/executions', query: { ...page } }));
  }

  async getExecution(id: string): Promise<Execution> {
    return parseAs(Execution, await this.#send({ method: 'GET', path: `/api/executions/${encodeURIComponent(id)}` }));
  }

  async readLogs(id: string, options: { task?: string | undefined; cursor?: string | undefined } = {}): Promise<answers.LogPage> {
    return parseAs(
      answers.LogPage,
      await this.#send({ method: 'GET', path: `/api/executions/${encodeURIComponent(id)}/logs`, query: options }),
    );
  }

  /** The sigstore bundle, byte for byte as the home holds it. */
  async getReceipt(id: string, form: StatementForm = 'key'): Promise<string> {
    return this.#bundle(`/api/executions/${encodeURIComponent(id)}/receipt`, { form });
  }

  /** The canonical document whose digest is the first subject of the receipt, byte for byte. */
  async getOutputsDocument(id: string): Promise<string> {
    return (await this.#send({ method: 'GET', path: `/api/executions/${encodeURIComponent(id)}/receipt`, query: { part: 'outputs' } }))
      .text;
  }

  /** What became of the network calls of a run, by task and attempt. */
  async listRunEgress(id: string, page: PageRequest = {}): Promise<answers.EgressPage> {
    const path = `/api/executions/${encodeURIComponent(id)}/egress`;
    return parseAs(answers.EgressPage, await this.#send({ method: 'GET', path, query: { ...page } }));
  }

  /** One page of everything that a run left behind, with addresses that open it. */
  async listEvidence(id: string, page: PageRequest = {}): Promise<EvidenceManifest> {
    const path = `/api/executions/${encodeURIComponent(id)}/evidence`;
    return parseAs(EvidenceManifest, await this.#send({ method: 'GET', path, query: { ...page } }));
  }

  /** One part of the disclosure pack of a run, byte for byte. */
  async getDisclosurePart(id: string, part: number): Promise<answers.DisclosurePart> {
    const path = `/api/executions/${encodeURIComponent(id)}/disclosure.tgz`;
    return fetchPieces((piece) => this.#raw(path, 'piece', { part, ...piece }));
  }

  /** What was withheld from one part of the pack of a run, as NDJSON. */
  async openWithheld(id: string, request: { part: number; reason: string }): Promise<{ text: string; parts: number }> {
    const path = `/api/executions/${encodeURIComponent(id)}/openings`;
    const { bytes, parts } = await fetchPieces((piece) =>
      this.#send({ method: 'POST', path, body: jsonBody({ ...request, ...piece }), maxBytes: answerLimits.piece }),
    );
    return { text: Buffer.from(bytes).toString('utf8'), parts };
  }

  /** The signed runtime trace of a run: a sigstore bundle, byte for byte. */
  async getEgressAttestation(id: string, form: StatementForm = 'key'): Promise<string> {
    return this.#bundle(`/api/executions/${encodeURIComponent(id)}/egress`, { format: 'attestation', form });
  }

  /** What else was signed, such as a release: a sigstore bundle, byte for byte. */
  async getStatement(id: string, query: { form?: StatementForm; name?: string } = {}): Promise<string> {
    return this.#bundle(`/api/statements/${encodeURIComponent(id)}`, query);
  }

  /** Every decision about a run: the one that let it start first, then those about its attempts. */
  async listRunDecisions(id: string, page: PageRequest = {}): Promise<RunDecisionPage> {
    const path = `/api/executions/${encodeURIComponent(id)}/decisions`;
    return parseAs(RunDecisionPage, await this.#send({ method: 'GET', path, query: { ...page } }));
  }

  /** A recorded decision: of a run, of a start that was denied, or of a publication. */
  async getDecision(id: string): Promise<Decision> {
    return parseAs(Decision, await this.#send({ method: 'GET', path: `/api/decisions/${encodeURIComponent(id)}` }));
  }

  /** The signed record of a decision: a sigstore bundle, byte for byte. */
  async getDecisionReceipt(id: string, form: StatementForm = 'key'): Promise<string> {
    return this.#bundle(`/api/decisions/${encodeURIComponent(id)}/receipt`, { form });
  }

  async uploadFile(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<answers.UploadedFile> {
    const body = { mediaType: 'application/octet-stream', content: bytes };
    return parseAs(answers.UploadedFile, await this.#send({ method: 'POST', path: '/api/files', query: { name }, body }));
  }

  async pushPackage(bytes: Uint8Array<ArrayBuffer>): Promise<PackageRecord> {
    const body = { mediaType: 'application/x-tar', content: bytes };
    return parseAs(PackageRecord, await this.#send({ method: 'POST', path: '/api/packages', body }));
  }

  async listPackages(page: PageRequest = {}): Promise<answers.PackagePage> {
    return parseAs(answers.PackagePage, await this.#send({ method: 'GET', path: '/api/packages', query: { ...page } }));
  }

  async listPolicyPacks(page: PageRequest = {}): Promise<answers.PolicyPackPage> {
    return parseAs(answers.PolicyPackPage, await this.#send({ method: 'GET', path: '/api/policy-packs', query: { ...page } }));
  }

  async getPolicyPack(name: string): Promise<PolicyPack> {
    return parseAs(PolicyPack, await this.#send({ method: 'GET', path: `/api/policy-packs/${encodeURIComponent(name)}` }));
  }

  /** The bundle of a pack, byte for byte. */
  async getPolicyBundle(name: string, version?: string): Promise<Uint8Array<ArrayBuffer>> {
    const path = `/api/policy-packs/${encodeURIComponent(name)}/bundle.tar.gz`;
    return (await this.#raw(path, 'policyBundle', { version })).bytes;
  }

  async pushPolicyPack(bytes: Uint8Array<ArrayBuffer>): Promise<PushedPolicyPack> {
    const body = { mediaType: 'application/gzip', content: bytes };
    return parseAs(PushedPolicyPack, await this.#send({ method: 'POST', path: '/api/policy-packs', body }));
  }

  async retirePolicyPack(name: string, reason: string): Promise<OwnPack> {
    return parseAs(OwnPack, await this.#post(`/api/policy-packs/${encodeURIComponent(name)}/retire`, { reason }));
  }

  /** One page of a replay; the candidate needs no signature. */
  async replayPolicy(
    archive: Uint8Array<ArrayBuffer>,
    query: { since?: string; limit?: number; cursor?: string | undefined } = {},
  ): Promise<ReplayPage> {
    const body = { mediaType: 'application/gzip', content: archive };
    return parseAs(ReplayPage, await this.#send({ method: 'POST', path: '/api/policy-replays', query: { ...query }, body }));
  }

  async whoami(): Promise<Identity> {
    return parseAs(Identity, await this.#send({ method: 'GET', path: '/api/whoami' }));
  }

  async createTenant(request: z.input<typeof CreateTenant>): Promise<TenantDetails> {
    return parseAs(TenantDetails, await this.#post('/api/tenants', request));
  }

  async listTenants(page: PageRequest = {}): Promise<answers.TenantPage> {
    return parseAs(answers.TenantPage, await this.#send({ method: 'GET', path: '/api/tenants', query: { ...page } }));
  }

  async getTenant(id: string): Promise<TenantDetails> {
    return parseAs(TenantDetails, await this.#send({ method: 'GET', path: tenantPath(id) }));
  }

  async changeTenant(id: string, change: z.input<typeof ChangeTenant>): Promise<TenantDetails> {
    return parseAs(TenantDetails, await this.#send({ method: 'PATCH', path: tenantPath(id), body: jsonBody(change) }));
  }

  async putMember(tenant: string, member: z.input<typeof PutMember>): Promise<Member> {
    return parseAs(Member, await this.#send({ method: 'PUT', path: `${tenantPath(tenant)}/members`, body: jsonBody(member) }));
  }

  async listMembers(tenant: string, page: PageRequest = {}): Promise<answers.MemberPage> {
    return parseAs(answers.MemberPage, await this.#send({ method: 'GET', path: `${tenantPath(tenant)}/members`, query: { ...page } }));
  }

  async listAuditEvents(page: PageRequest = {}): Promise<answers.AuditEventPage> {
    return parseAs(answers.AuditEventPage, await this.#send({ method: 'GET', path: '/api/audit-events', query: { ...page } }));
  }

  async listKeys(): Promise<answers.KeysAnswer> {
    return parseAs(answers.KeysAnswer, await this.#send({ method: 'GET', path: '/api/keys' }));
  }

  async rotateKey(request: z.input<typeof RequestRotation>): Promise<KeyRotation> {
    return parseAs(KeyRotation, await this.#post('/api/keys/rotations', request));
  }

  async listKeyRotations(page: PageRequest = {}): Promise<answers.KeyRotationPage> {
    return parseAs(answers.KeyRotationPage, await this.#send({ method: 'GET', path: '/api/keys/rotations', query: { ...page } }));
  }

  async getKeyRotation(id: string): Promise<KeyRotationDetails> {
    return parseAs(KeyRotationDetails, await this.#send({ method: 'GET', path: `/api/keys/rotations/${encodeURIComponent(id)}` }));
  }

  /** The sigstore trusted root, byte for byte. */
  async getTrustedRoot(): Promise<string> {
    return (await this.#raw('/api/keys/trusted-root', 'trustedRoot')).text;
  }

  /** The newest checkpoint of the transparency log, a signed note byte for byte. */
  async getLogCheckpoint(): Promise<string> {
    return (await this.#raw('/api/log/checkpoint', 'checkpoint')).text;
  }

  /** A tile of the transparency log by its path, such as `0/x001/234`. */
  async getLogTile(path: string): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#raw(`/api/log/tile/${path}`, 'tile')).bytes;
  }

  async getOpenApi(): Promise<unknown> {
    return parseJson(await this.#send({ method: 'GET', path: '/openapi.json' }));
  }

  async isHealthy(): Promise<boolean> {
    return (await this.#send({ method: 'GET', path: '/healthz' })).status === 200;
  }

  /** A signed bundle, byte for byte. */
  async #bundle(path: string, query: Record<string, string | undefined>): Promise<string> {
    return (await this.#raw(path, 'bundle', query)).text;
  }

  /** What is no JSON, or is taken byte for byte. */
  async #raw(path: string, kind: keyof typeof answerLimits, query: NonNullable<Exchange['query']> = {}): Promise<Answer> {
    return this.#send({ method: 'GET', path, query, headers: { accept: '*/*' }, maxBytes: answerLimits[kind] });
  }

  async #post(path: string, value: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send({ method: 'POST', path, headers, body: jsonBody(value) });
  }
}

const tenantPath = (id: string): string => `/api/tenants/${encodeURIComponent(id)}`;

function jsonBody(value: unknown): NonNullable<Exchange['body']> {
  return { mediaType: 'application/json', content: JSON.stringify(value) };
}
