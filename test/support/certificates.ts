import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A company's own certificate authority, by its file, and a certificate by it for `models.example`. */
export function makeCertificates(folder: string): { ca: string; cert: string; key: string } {
	const file = (name: string) => join(folder, name);
	const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
	const subject = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`];
	openssl('req', '-x509', '-days', '30', ...subject('Company CA'), '-keyout', 'ca.key', '-out', 'ca.pem');
	openssl('req', ...subject('models.example'), '-keyout', 'key.pem', '-out', 'request.pem');
	writeFileSync(file('names.txt'), 'subjectAltName=DNS:models.example');
	const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names.txt', '-days', '30'];
	openssl('x509', '-req', '-in', 'request.pem', ...signed, '-out', 'cert.pem');
	return {
		ca: file('ca.pem'),
		cert: readFileSync(file('cert.pem'), 'utf8'),
		key: readFileSync(file('key.pem'), 'utf8'),
	};
}
