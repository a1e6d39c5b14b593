-- A state as schema version 3 wrote it. Never changed: every later version has to read it.
BEGIN TRANSACTION;
CREATE TABLE actions (
                id TEXT NOT NULL PRIMARY KEY,
                first_seen BIGINT NOT NULL,
                last_seen BIGINT NOT NULL, shop TEXT NOT NULL DEFAULT '');
INSERT INTO "actions" VALUES('a-1',1795176000000000,1795176000000000,'');
CREATE TABLE approvals (
                digest TEXT NOT NULL PRIMARY KEY,
                run TEXT NOT NULL,
                who TEXT NOT NULL,
                at BIGINT NOT NULL);
INSERT INTO "approvals" VALUES('sha256:0000000000000000000000000000000000000000000000000000000000000000','20261120T120000Z-0004','ada',1795176000000000);
CREATE TABLE bases (
                shop TEXT NOT NULL PRIMARY KEY,
                as_of BIGINT NOT NULL,
                began_at BIGINT NOT NULL,
                full_at BIGINT NOT NULL,
                items BIGINT NOT NULL,
                identity TEXT NOT NULL,
                terms TEXT NOT NULL,
                file TEXT NOT NULL);
INSERT INTO "bases" VALUES('shopee-vn',1795179600000000,1795179600000000,1795179600000000,2,'42','','shopee-vn.zip');
CREATE TABLE bookmarks (
                name TEXT NOT NULL PRIMARY KEY,
                place TEXT NOT NULL);
CREATE TABLE campaigns (
                shop TEXT NOT NULL,
                campaign_id TEXT NOT NULL,
                item_id TEXT NOT NULL,
                variation_id TEXT NOT NULL,
                starts_at BIGINT NOT NULL,
                ends_at BIGINT NOT NULL,
                locked BIGINT NOT NULL,
                sold BIGINT,
                state TEXT NOT NULL,
                over_since BIGINT,
                first_seen BIGINT NOT NULL,
                last_seen BIGINT NOT NULL,
                PRIMARY KEY (shop, campaign_id, item_id, variation_id)) WITHOUT ROWID;
INSERT INTO "campaigns" VALUES('shopee-vn','c1','1','',1795172400000000,1795179600000000,20,12,'running',NULL,1795176000000000,1795176000000000);
CREATE TABLE changes (
                shop TEXT NOT NULL,
                item_id TEXT NOT NULL,
                variation_id TEXT NOT NULL,
                at BIGINT NOT NULL,
                sellable BIGINT,
                campaign BIGINT,
                withheld BIGINT,
                PRIMARY KEY (shop, item_id, variation_id, at)) WITHOUT ROWID;
INSERT INTO "changes" VALUES('shopee-vn','1','',1795176000000000,30,20,0);
INSERT INTO "changes" VALUES('shopee-vn','1','',1795176600000000,38,0,0);
CREATE TABLE findings (
                shop TEXT NOT NULL,
                item_id TEXT NOT NULL,
                variation_id TEXT NOT NULL,
                scenario TEXT NOT NULL,
                part INTEGER NOT NULL,
                units BIGINT NOT NULL,
                target BIGINT NOT NULL,
                at BIGINT NOT NULL,
                run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
                PRIMARY KEY (shop, item_id, variation_id, scenario, part)) WITHOUT ROWID;
INSERT INTO "findings" VALUES('shopee-vn','1','','campaign-lock',0,20,30,1795176000000000,'20261120T120000Z-0001');
CREATE TABLE good (
                name TEXT NOT NULL PRIMARY KEY,
                as_of BIGINT NOT NULL,
                row_count BIGINT NOT NULL);
INSERT INTO "good" VALUES('shopee-vn',1795176000000000,2);
CREATE TABLE holders (
                name TEXT NOT NULL PRIMARY KEY,
                session BIGINT NOT NULL,
                holder TEXT NOT NULL);
CREATE TABLE intents (
                id BIGINT NOT NULL PRIMARY KEY,
                run TEXT NOT NULL,
                action TEXT NOT NULL,
                kind TEXT NOT NULL,
                sku TEXT NOT NULL,
                shop TEXT,
                item_id TEXT,
                variation_id TEXT,
                ref TEXT,
                before_units BIGINT,
                to_units BIGINT,
                by_units BIGINT,
                basis TEXT NOT NULL,
                as_of BIGINT,
                opened_at BIGINT NOT NULL,
                answered TEXT,
                answer TEXT NOT NULL,
                answered_at BIGINT,
                result TEXT,
                seen BIGINT,
                detail TEXT NOT NULL,
                settled_at BIGINT);
INSERT INTO "intents" VALUES(1,'20261120T120000Z-0004','a-1','set-stock','SKU-1','shopee-vn','1','',NULL,10,7,NULL,'{"SKU-1": 12, "\u0110\u1ecf": -1}',1795175820000000,1795176000000000,'accepted','ok',1795176000000000,'confirmed',7,'',1795176000000000);
INSERT INTO "intents" VALUES(2,'20261120T120000Z-0004','a-2','adjust-ledger','SKU-9',NULL,NULL,NULL,'sr-1',NULL,NULL,-2,'{}',NULL,1795176000000000,NULL,'',NULL,'unknown',NULL,'quarantined',NULL);
INSERT INTO "intents" VALUES(3,'20261120T120000Z-0004','a-1','set-stock','SKU-2','shopee-vn','2','',NULL,10,0,NULL,'{"SKU-2": 12, "\u0110\u1ecf": -1}',1795175820000000,1795176000000000,NULL,'',NULL,NULL,NULL,'',NULL);
CREATE TABLE listeners (
                shop TEXT NOT NULL PRIMARY KEY,
                since BIGINT NOT NULL,
                seen BIGINT NOT NULL,
                heard BIGINT);
INSERT INTO "listeners" VALUES('shopee-vn',1795179600000000,1795179600000000,1795179600000000);
CREATE TABLE notices (
                shop TEXT NOT NULL,
                key TEXT NOT NULL,
                received_at BIGINT NOT NULL,
                told_at BIGINT,
                kind TEXT NOT NULL,
                places TEXT NOT NULL,
                orders TEXT NOT NULL,
                whole INTEGER NOT NULL,
                PRIMARY KEY (shop, key)) WITHOUT ROWID;
INSERT INTO "notices" VALUES('shopee-vn','k-1',1795179600000000,1795179600000000,'stock','[["1", ""]]','[]',0);
CREATE TABLE raises (
                shop TEXT NOT NULL,
                item_id TEXT NOT NULL,
                variation_id TEXT NOT NULL,
                variance BIGINT NOT NULL,
                since BIGINT NOT NULL,
                PRIMARY KEY (shop, item_id, variation_id)) WITHOUT ROWID;
INSERT INTO "raises" VALUES('shopee-vn','1','',-3,1795176000000000);
CREATE TABLE reads (
                shop TEXT NOT NULL,
                as_of BIGINT NOT NULL,
                run TEXT REFERENCES runs (id) ON DELETE SET NULL,
                PRIMARY KEY (shop, as_of)) WITHOUT ROWID;
INSERT INTO "reads" VALUES('shopee-vn',1795176000000000,'20261120T120000Z-0001');
INSERT INTO "reads" VALUES('shopee-vn',1795176300000000,'20261120T120500Z-0002');
INSERT INTO "reads" VALUES('shopee-vn',1795176600000000,'20261120T121000Z-0003');
CREATE TABLE runs (
                number BIGINT NOT NULL PRIMARY KEY,
                id TEXT NOT NULL UNIQUE,
                command TEXT NOT NULL,
                began_at BIGINT NOT NULL,
                ended_at BIGINT,
                exit_code INTEGER,
                summary TEXT NOT NULL);
INSERT INTO "runs" VALUES(1,'20261120T120000Z-0001','diff',1795176000000000,1795176000000000,10,'{"skus": 2}');
INSERT INTO "runs" VALUES(2,'20261120T120500Z-0002','diff',1795176300000000,NULL,NULL,'{}');
INSERT INTO "runs" VALUES(3,'20261120T121000Z-0003','diff',1795176600000000,NULL,NULL,'{}');
INSERT INTO "runs" VALUES(4,'20261120T120000Z-0004','sync',1795176000000000,1795176000000000,12,'{"skus": 2}');
CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY, at BIGINT NOT NULL);
INSERT INTO "schema_version" VALUES(1,1795176000000000);
INSERT INTO "schema_version" VALUES(2,1795176000000000);
INSERT INTO "schema_version" VALUES(3,1795179600000000);
CREATE TABLE shops (
                shop TEXT NOT NULL PRIMARY KEY,
                as_of BIGINT,
                file TEXT,
                counts TEXT,
                campaigns_as_of BIGINT);
INSERT INTO "shops" VALUES('shopee-vn',1795176600000000,'shopee-vn.20261120T121000.000000Z.20261120T121000Z-0003.parquet','{"listings": 1}',1795176000000000);
CREATE TABLE sources (
                name TEXT NOT NULL PRIMARY KEY,
                as_of BIGINT NOT NULL,
                row_counts TEXT NOT NULL,
                identity TEXT NOT NULL);
INSERT INTO "sources" VALUES('ledger',1795176000000000,'{"stock": 2}','');
CREATE INDEX reads_by_run ON reads (run);
CREATE INDEX findings_by_run ON findings (run);
CREATE UNIQUE INDEX intents_one_open_listing ON intents (shop, item_id, variation_id) WHERE settled_at IS NULL;
CREATE UNIQUE INDEX intents_one_open_ref ON intents (ref) WHERE settled_at IS NULL;
CREATE INDEX intents_by_run ON intents (run);
CREATE INDEX intents_by_settled ON intents (settled_at);
CREATE INDEX intents_by_time ON intents ((coalesce(answered_at, opened_at)));
CREATE INDEX notices_by_time ON notices (shop, received_at);
COMMIT;
