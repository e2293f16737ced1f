import { activationCases } from './cases/activation';
import { checkCases } from './check';

checkCases(activationCases);
