// A certified OpenID provider (oidc-provider), for the tests of the staff desk. Arguments: port, where the desk is led back to.
// Whoever signs in gets the groups that stand in front of the @ of their name: "desk-editors@trust.example".
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [port, back] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(createRequire(import.meta.url).resolve("oidc-provider")));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: "signpost-desk",
    client_secret: "a secret of ours",
    redirect_uris: [`${back}/sign-in/return`],
    post_logout_redirect_uris: [`${back}/sign-in`],
    require_auth_time: true,
  }],
  conformIdTokenClaims: false,
  claims: { openid: ["sub", "groups"], profile: ["preferred_username"], email: ["email"] },
  findAccount: async (context, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, groups: id.split("@", 1), preferred_username: id }),
  }),
  pkce: { required: () => true },
  cookies: { keys: ["of no use"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
