import type { Case } from '../case';
import { Random } from '../random';

const random = new Random(24);

const einsum = (equation: string, ...shapes: readonly (readonly number[])[]): Case => ({
  opType: 'Einsum',
  opset: 12,
  inputs: shapes.map((dims) => random.floats(dims)),
  attributes: { equation },
});

const wholeEinsum = (equation: string, ...shapes: readonly (readonly number[])[]): Case => ({
  opType: 'Einsum',
  opset: 12,
  inputs: shapes.map((dims) => random.integers(dims, -4, 4)),
  attributes: { equation },
});

export const einsumCases: readonly Case[] = [
  einsum('ij->ji', [3, 4]),
  einsum('ba', [3, 4]),
  einsum('ij->i', [3, 4]),
  einsum('ij->', [3, 4]),
  einsum('ii->i', [4, 4]),
  einsum('ii', [4, 4]),
  einsum('iji->j', [3, 4, 3]),
  einsum('...ii->...i', [2, 3, 4, 4]),
  einsum('...ij->...ji', [2, 3, 4]),
  einsum('i,i', [5], [5]),
  einsum('i,i->i', [5], [5]),
  einsum('i,j->ij', [3], [4]),
  einsum('ij,jk', [3, 4], [4, 5]),
  einsum('ij,jk->ki', [3, 4], [4, 5]),
  einsum('ij , jk -> ik', [3, 4], [4, 5]),
  einsum('bij,bjk->bik', [2, 3, 4], [2, 4, 5]),
  einsum('bhwc,hkc->bhwk', [2, 3, 4, 5], [3, 6, 5]),
  einsum('bhid,bhjd->bhij', [2, 2, 3, 4], [2, 2, 5, 4]),
  einsum('bchw,ck->bkhw', [2, 3, 4, 5], [3, 6]),
  einsum('...ij,...jk->...ik', [2, 1, 3, 4], [2, 5, 4, 2]),
  einsum('...ij,jk->...ik', [2, 3, 4], [4, 2]),
  einsum('a...,a...->...', [3, 2, 4], [3, 2, 4]),
  einsum('ij,kl->ik', [2, 3], [4, 5]),
  einsum('ij,jk,kl->il', [2, 3], [3, 4], [4, 5]),
  einsum('ab,ac,ad->bcd', [4, 2], [4, 3], [4, 5]),
  einsum('i,j,k->', [2], [3], [4]),
  wholeEinsum('ij,jk->ik', [3, 4], [4, 5]),
  wholeEinsum('ii->i', [4, 4]),
  wholeEinsum('bij->b', [2, 3, 4]),
];
