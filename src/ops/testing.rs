//! A house on a store of its own with a clock that tests move, and a client that asks it.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::clock::{Clock, Timestamp};
use crate::ids::{OrgId, RequestId, TokenId};
use crate::model::alert_settings::AlertSettings;
use crate::model::guard::GuardSettings;
use crate::model::org::{Org, RemovalPolicy};
use crate::ops::house::{House, Plan};
use crate::ops::local::LocalOps;
use crate::ops::provision::ProvisionLimits;
use crate::ops::provision::request::{Answer, AnswerBody, Caller, Method, Request, Target};
use crate::scim::builtin::{GROUP_URN, USER_URN, registry};
use crate::scim::error::ScimType;
use crate::scim::quirk::Quirks;
use crate::store::{Options, Store};

/// A house, its Org Primary, and a client of that.
pub struct Site {
    pub house: Arc<House>,
    pub clock: Clock,
    /// The Org as requests come with it.
    pub org: Org,
    settings: (ProvisionLimits, GuardSettings),
    dir: TempDir,
}

/// An answer with its body read.
pub struct Read {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Value,
    pub quirks: Quirks,
    pub scim_type: Option<ScimType>,
    pub what: String,
}

impl Site {
    pub async fn new() -> Self {
        Self::with(ProvisionLimits::default()).await
    }

    pub async fn with(limits: ProvisionLimits) -> Self {
        Self::start((limits, GuardSettings::default())).await
    }

    /// A site with that guard and removal policy.
    pub async fn guarded(guard: GuardSettings, policy: RemovalPolicy) -> Self {
        let mut site = Self::start((ProvisionLimits::default(), guard)).await;
        let mut org = site.org.clone();
        org.policy = policy;
        site.org = org.clone();
        let write = site.house.store.write(move |tx| tx.update_org(&org));
        write.await.unwrap();
        site
    }

    async fn start(settings: (ProvisionLimits, GuardSettings)) -> Self {
        let clock = Clock::manual(Timestamp(1_700_000_000_000));
        Self::open(tempfile::tempdir().unwrap(), clock, settings).await
    }

    async fn open(dir: TempDir, clock: Clock, settings: (ProvisionLimits, GuardSettings)) -> Self {
        let open = move || {
            let store = Store::open(dir.path(), Options::default(), clock.clone()).unwrap();
            let org = store.read(|reader| reader.org(OrgId::PRIMARY)).unwrap();
            let plan = Plan {
                gauges: None,
                registry: registry(Vec::new()).unwrap(),
                privileges: Vec::new(),
                limits: settings.0,
                guard: settings.1,
                alerts: AlertSettings::default(),
                bulk_payload: 1_000_000,
                data_dir: dir.path().to_owned(),
                base_url: "https://x/scim/v2".to_owned(),
                api_url: None,
                ops_url: None,
                started: None,
                sinks: None,
            };
            Self {
                house: House::new(store, clock.clone(), plan).unwrap(),
                org: org.unwrap(),
                clock,
                settings,
                dir,
            }
        };
        // Opening waits for the writer, which no runtime's thread may do.
        tokio::task::spawn_blocking(open).await.unwrap()
    }

    /// Closes and opens again, as a restart does.
    pub async fn reopen(self) -> Self {
        let Self {
            house,
            clock,
            settings,
            dir,
            ..
        } = self;
        tokio::task::spawn_blocking(move || drop(house))
            .await
            .unwrap();
        Self::open(dir, clock, settings).await
    }

    /// What an operator has.
    pub fn ops(&self) -> LocalOps {
        LocalOps::new(Arc::clone(&self.house), "root")
    }

    pub fn wait(&self, minutes: u64) {
        self.clock.advance(Duration::from_secs(minutes * 60));
    }

    /// Does what the daemon does every minute.
    pub async fn settle(&self) {
        let house = Arc::clone(&self.house);
        let settled = tokio::task::spawn_blocking(move || house.settle_removals());
        settled.await.unwrap().unwrap();
    }

    pub fn request(&self, method: Method, target: Target, body: &Value) -> Request {
        let token = TokenId("tok_00000000".to_owned());
        Request {
            id: RequestId::new(),
            caller: Caller {
                org: self.org.clone(),
                token: token.clone(),
                token_label: "test".to_owned(),
                lineage: token,
            },
            base: "https://x/scim/v2".to_owned(),
            method,
            target,
            query: String::new(),
            body: match body {
                Value::Null => Bytes::new(),
                body => body.to_string().into(),
            },
            quirks: Quirks::default(),
            if_match: None,
            if_none_match: None,
        }
    }

    pub async fn send(&self, request: Request) -> Read {
        read(self.house.provision.answer(request).await).await
    }

    pub async fn ask(&self, method: Method, target: Target, body: Value) -> Read {
        self.send(self.request(method, target, &body)).await
    }

    pub async fn query(&self, target: Target, query: &str) -> Read {
        let mut request = self.request(Method::Get, target, &Value::Null);
        query.clone_into(&mut request.query);
        self.send(request).await
    }

    /// A user whose `externalId` is its name.
    pub async fn user(&self, name: &str) -> String {
        let body = json!({ "schemas": [USER_URN], "userName": name, "externalId": name });
        id(&self.ask(Method::Post, Target::Users, body).await)
    }

    /// Users `PREFIX-0` and so on, by Bulk.
    pub async fn users(&self, prefix: &str, count: usize) -> Vec<String> {
        let mut ids = Vec::with_capacity(count);
        let numbers: Vec<_> = (0..count).collect();
        for chunk in numbers.chunks(500) {
            let operations: Vec<_> = chunk
                .iter()
                .map(|number| {
                    let name = format!("{prefix}-{number}");
                    json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": {
                        "schemas": [USER_URN], "userName": name, "externalId": name,
                    } })
                })
                .collect();
            let body = json!({ "Operations": operations });
            let made = self.ask(Method::Post, Target::Bulk, body).await.body;
            ids.extend(made["Operations"].as_array().unwrap().iter().map(|one| {
                let location = one["location"].as_str().unwrap();
                location.rsplit('/').next().unwrap().to_owned()
            }));
        }
        ids
    }

    pub async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP_URN], "displayName": name, "members": members });
        id(&self.ask(Method::Post, Target::Groups, body).await)
    }

    pub async fn add_member(&self, group: &str, members: &[&str]) -> Read {
        let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
        let operation = json!({ "op": "add", "path": "members", "value": members });
        self.patch(Target::Group(group.to_owned()), operation).await
    }

    pub async fn patch(&self, target: Target, operation: Value) -> Read {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [operation],
        });
        self.ask(Method::Patch, target, body).await
    }

    pub async fn get(&self, id: &str) -> Read {
        let target = Target::User(id.to_owned());
        self.ask(Method::Get, target, Value::Null).await
    }

    pub async fn delete(&self, id: &str) -> Read {
        let target = Target::User(id.to_owned());
        self.ask(Method::Delete, target, Value::Null).await
    }

    /// Disables a user as Entra does.
    pub async fn disable(&self, id: &str) -> Read {
        let operation = json!({ "op": "Replace", "path": "active", "value": "False" });
        self.patch(Target::User(id.to_owned()), operation).await
    }

    /// The whole directory by id, apart from when and how often each resource was changed.
    pub async fn dump(&self) -> Map<String, Value> {
        let mut all = Map::new();
        for target in [Target::Users, Target::Groups] {
            let mut start = 1;
            loop {
                let query = format!("startIndex={start}&count=1000");
                let page = self.query(target.clone(), &query).await;
                assert_eq!(page.status, 200);
                let Some(resources) = page.body["Resources"].as_array() else {
                    break;
                };
                if resources.is_empty() {
                    break;
                }
                start += resources.len();
                for resource in resources {
                    let mut resource = resource.clone();
                    let meta = resource["meta"].as_object_mut().unwrap();
                    meta.remove("version");
                    meta.remove("lastModified");
                    if let Some(members) = resource["members"].as_array_mut() {
                        members.sort_by_key(|member| member["value"].to_string());
                    }
                    if let Some(groups) = resource["groups"].as_array_mut() {
                        groups.sort_by_key(|group| group["value"].to_string());
                    }
                    all.insert(resource["id"].as_str().unwrap().to_owned(), resource);
                }
            }
        }
        all.sort_keys();
        all
    }
}

async fn read(answer: Answer) -> Read {
    let text = match answer.body {
        AnswerBody::Empty => Bytes::new(),
        AnswerBody::Json(text) => text,
        AnswerBody::Stream(mut pieces) => {
            let mut text = BytesMut::new();
            while let Some(piece) = pieces.next().await {
                text.extend_from_slice(&piece.unwrap());
            }
            text.freeze()
        }
    };
    Read {
        status: answer.status,
        etag: answer.etag,
        body: if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&text).unwrap()
        },
        quirks: answer.record.quirks,
        scim_type: answer.record.scim_type,
        what: answer.record.what,
    }
}

fn id(created: &Read) -> String {
    assert_eq!(created.status, 201, "{}", created.body);
    created.body["id"].as_str().unwrap().to_owned()
}
