import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate that signed itself, and its key, as PEM. */
export interface SelfSigned {
  readonly cert: string;
  readonly key: string;
}

/** X.509 as RFC 5280 writes it, version 3, for one DNS name, valid for this century. */
export function selfSigned(host: string): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = sequence(Buffer.from('06082a8648ce3d040302', 'hex'));
  const name = sequence(tagged(0x31, sequence(Buffer.from('0603550403', 'hex'), tagged(0x0c, Buffer.from(host)))));
  const validity = sequence(tagged(0x17, Buffer.from('200101000000Z')), tagged(0x18, Buffer.from('20991231235959Z')));
  const altName = extension('0603551d11', sequence(tagged(0x82, Buffer.from(host))));
  const isAuthority = extension('0603551d13', sequence(Buffer.from('0101ff', 'hex')));
  const body = sequence(
    Buffer.from('a003020102', 'hex'), Buffer.from('020101', 'hex'), ecdsaWithSha256, name, validity, name,
    publicKey.export({ type: 'spki', format: 'der' }), tagged(0xa3, sequence(altName, isAuthority)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const lines = sequence(body, ecdsaWithSha256, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(Buffer.from(id, 'hex'), tagged(0x04, value));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}
