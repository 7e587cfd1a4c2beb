import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

/** Where the emulator listens, and the file of the certificate to trust there. */
export interface Gateway {
  port: number;
  certificate: string;
}

interface GatewayRequest {
  path: string;
  /** Fields of a form; the request is a GET without them. */
  form?: Record<string, string>;
  service?: string;
}

/** A plain request to the emulator, as the account's root, whose signature it does not check; rejects while nobody listens. */
export async function gatewayRequest(
  gateway: Gateway,
  { path, form, service = '' }: GatewayRequest,
): Promise<{ status: number; body: string }> {
  const scope = `test/20260101/us-east-1/${service}/aws4_request`;
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    'content-type': 'application/x-www-form-urlencoded',
  };
  const target = {
    host: '127.0.0.1',
    port: gateway.port,
    path,
    method: form ? 'POST' : 'GET',
    headers,
    ca: readFileSync(gateway.certificate),
  };
  return new Promise((resolve, reject) => {
    const sent = request(target, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
    });
    sent.once('error', reject);
    sent.end(form && new URLSearchParams(form).toString());
  });
}
