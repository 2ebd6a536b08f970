import { WEBHOOK_PATH, without } from '../http-request.ts';
import { type HeaderCase, made } from './header-case.ts';

/** Methods, targets and versions. */
export const requestLineCases: readonly HeaderCase[] = [
  {
    name: 'another method',
    make: (draw, request) => {
      const method = draw.pick([
        'GET',
        'PUT',
        'DELETE',
        'PATCH',
        'OPTIONS',
        'TRACE',
        'PROPFIND',
        'M-SEARCH',
        'PURGE',
        'HEAD',
      ]);
      return { ...made({ ...request, method }, 405), bodiless: method === 'HEAD' };
    },
  },
  {
    name: 'a method that is none',
    make: (draw, request) => {
      const method = draw.pick([
        'post',
        'FOO',
        'POSTX',
        'P',
        'PO ST',
        '',
        'PRI',
        'P\x00ST',
        '\xff',
        'x'.repeat(draw.size(8_000)),
      ]);
      return made({ ...request, method }, 400);
    },
  },
  { name: 'CONNECT', make: (_draw, request) => made({ ...request, method: 'CONNECT', target: 'x:443' }, 501) },
  {
    name: 'another path',
    make: (draw, request) => {
      const target = draw.pick([
        '/',
        '/webhooks',
        '/webhooks/vxt2',
        '/webhooks/vxt/x',
        '/metrics',
        '/readyz',
        '/..',
        '/%',
        '/%ff',
        '/%00',
        '/webhooks%2fvxt',
        '/webhooks/vxt/..',
        '/webhooks//vxt',
        '/webhooks/vxt;x',
        '/webhooks/vxt%20',
        `/${'a/'.repeat(draw.size(4_000))}`,
        '/%'.repeat(draw.size(4_000)),
        `/${'../'.repeat(draw.size(2_000))}webhooks`,
        '/webhooks/__proto__',
        '/\xff\xfe',
      ]);
      return made({ ...request, target }, 400, 404);
    },
  },
  {
    name: 'the path, written otherwise',
    make: (draw, request) => {
      const target = draw.pick([
        `http://x${WEBHOOK_PATH}`,
        `${WEBHOOK_PATH}/`,
        `${WEBHOOK_PATH}?a=b`,
        `${WEBHOOK_PATH}?${'a=b&'.repeat(draw.size(2_000))}`,
        `${WEBHOOK_PATH}?${'['.repeat(draw.size(4_000))}`,
        `${WEBHOOK_PATH}?%`,
        '/WEBHOOKS/VXT',
        `https://x:1${WEBHOOK_PATH}`,
      ]);
      return made({ ...request, target }, 202, 404);
    },
  },
  {
    name: 'a target that is none',
    make: (draw, request) => {
      const target = draw.pick([
        '*',
        'x',
        '',
        'webhooks/vxt',
        `//x${WEBHOOK_PATH}`,
        'http://',
        'http://[',
        'x:y',
        '/ /',
        '?',
        '/\x01',
      ]);
      return made({ ...request, target }, 400, 404);
    },
  },
  { name: 'HTTP/1.0', make: (_draw, request) => made(without({ ...request, version: 'HTTP/1.0' }, 'host'), 202) },
  {
    name: 'another version',
    make: (draw, request) => {
      const version = draw.pick([
        'HTTP/2.0',
        'HTTP/0.9',
        'HTTP/1.2',
        'HTTP/11',
        'HTTP/1.',
        'http/1.1',
        'HTTP/1.1 x',
        'ICE/1.0',
      ]);
      return made({ ...request, version }, 400);
    },
  },
  {
    // The parser of node:http takes it for HTTP/1.0, and tells nobody the difference.
    name: 'RTSP/1.0',
    make: (_draw, request) => made({ ...request, version: 'RTSP/1.0' }, 202, 400),
  },
];
