// Runs calls of a client that was written by others, with a sandbox in place of its vendor's hosts.
//
// Standard input: {"client", "base_url", "keys", "calls": [["product.searchProducts", {...}], ...]}
// Standard output: for each call {"value": ...}, or {"error": {"code", "message"}} with the vendor's own code.

const HOSTS = {
  "tiktok-shop-sdk": ["https://open-api.tiktokglobalshop.com", "https://auth.tiktok-shops.com"],
  "@congminh1254/shopee-sdk": ["https://partner.shopeemobile.com"],
  "@shopify/shopify-api": ["https://store.myshopify.com"],
};

const MAKERS = {
  "tiktok-shop-sdk": ({ TikTokShopSDK }, keys) => {
    const sdk = new TikTokShopSDK({ appKey: keys.app_key, appSecret: keys.app_secret });
    sdk.setAccessToken(keys.access_token);
    sdk.setShopCipher(keys.shop_cipher);
    return sdk;
  },
  "@congminh1254/shopee-sdk": async ({ default: ShopeeSDK }, keys) => {
    const { access_token, refresh_token, shop_id, ...app } = keys;
    const sdk = new ShopeeSDK({ ...app, base_url: "https://partner.shopeemobile.com/api/v2" });
    await sdk.tokenStorage.store({ access_token, refresh_token, shop_id });
    return sdk;
  },
  "@shopify/shopify-api": async ({ shopifyApi, Session }, keys) => {
    await import("@shopify/shopify-api/adapters/web-api");
    const sdk = shopifyApi({
      apiKey: keys.client_id,
      apiSecretKey: keys.client_secret,
      apiVersion: "2026-10",
      hostName: "app.example",
      isEmbeddedApp: false,
      logger: { log: () => {} },
    });
    const shop = { id: "offline", shop: "store.myshopify.com", accessToken: keys.access_token, isOnline: false, state: "" };
    const asked = (body, headers) => new Request("https://app.example/", { method: "POST", headers, body });
    return {
      auth: sdk.auth,
      graphql: new sdk.clients.Graphql({ session: new Session(shop) }),
      hear: (body, headers) => sdk.webhooks.validate({ rawBody: body, rawRequest: asked(body, headers) }),
    };
  },
};

// The clients sign the whole path of the address they call, or can call no other, so they are given the vendor's own and
// the request is led to the sandbox on its way. Nothing else can be called.
function lead(hosts, base) {
  const fetch = globalThis.fetch;
  globalThis.fetch = (address, options) => {
    const { origin, pathname, search } = new URL(address);
    if (!hosts.includes(origin)) throw new Error(`${origin} is not the vendor's`);
    return fetch(base + pathname + search, options);
  };
}

async function answer(sdk, [name, ...values]) {
  const [method, ...owners] = name.split(".").reverse();
  const owner = owners.reverse().reduce((found, part) => found[part], sdk);
  try {
    return { value: (await owner[method](...values)) ?? null };
  } catch (error) {
    return { error: { code: error.code ?? error.data?.error ?? error.response?.code ?? null, message: error.message } };
  }
}

let text = "";
for await (const part of process.stdin) text += part;
const asked = JSON.parse(text);
lead(HOSTS[asked.client], asked.base_url);
const sdk = await MAKERS[asked.client](await import(asked.client), asked.keys);
const answers = [];
for (const call of asked.calls) answers.push(await answer(sdk, call));
process.stdout.write(JSON.stringify(answers));
