/** What a client may know of the reason: nothing that helps to make a better forgery. */
type TokenProblem = 'the token is not valid' | 'the token has expired' | 'the request has more than one token';

/** Why a token is not good. The message is for the log and holds nothing of the token but names. */
export class TokenFault extends Error {
  override readonly name = 'TokenFault';
  readonly problem: TokenProblem;

  constructor(message: string, problem: TokenProblem = 'the token is not valid') {
    super(message);
    this.problem = problem;
  }
}
