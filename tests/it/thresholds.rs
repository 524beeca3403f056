//! Thresholds of alerts in a running daemon: they change with the configuration file, and a disk
//! with too little room refuses what clients write.

use crate::client::user;
use crate::daemon::{Home, until};

#[test]
fn a_full_disk_refuses_writes_until_the_threshold_is_another() {
    let home = Home::new();
    // No disk is free as a whole.
    home.configure("[alerts.storage]\ndisk_refuse = 100\n");
    let daemon = home.start();
    let mut client = daemon.primary();
    let refused = until("a write is refused", || {
        let name = format!("{}@example.com", uuid::Uuid::new_v4());
        let reply = client.post("/Users", &user(&name));
        (reply.status != 201).then_some(reply)
    });
    assert_eq!((refused.status, refused.must("retry-after")), (503, "30"));
    for (method, path) in [("DELETE", "/Users/x"), ("POST", "/Bulk")] {
        let reply = client.send(method, path, &[], Some(b"{}"));
        assert_eq!(reply.status, 503, "{method} {path}");
    }
    client.get("/Users").expect(200);
    client
        .post("/Users/.search", &serde_json::json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] }))
        .expect(200);
    // What cannot be read changes nothing, and says so.
    daemon
        .home()
        .configure("[alerts.storage]\ndisk_refuse = true\n");
    until("the mistake is told", || {
        let printed = daemon.home().printed();
        printed.contains("stay as they were").then_some(())
    });
    client.post("/Users", &user("ada")).expect(503);
    daemon
        .home()
        .configure("[alerts.storage]\ndisk_refuse = 0\n");
    until("a write is accepted", || {
        (client.post("/Users", &user("ada")).status == 201).then_some(())
    });
}
