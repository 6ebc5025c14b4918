//! A story as W3C PROV, in the form PROV-JSON (W3C member submission of 24 April 2013).
//!
//! The thing is an entity; each log entry an activity that used it, or that it came from; each author an agent.

use serde_json::{Map, Value, json};

use super::CustodyStory;

impl CustodyStory {
    /// The story as PROV-JSON.
    pub fn to_prov(&self) -> Value {
        let id = |text: &str| format!("wm:{text}");
        let subject = id(self.subject.split(':').next().unwrap_or_default());
        let mut entity = Map::new();
        entity.insert("prov:label".into(), self.subject.clone().into());
        if let Some(object) = &self.object {
            entity.insert("wm:sha256".into(), object.sha256.hex().into());
            entity.insert("wm:bytes".into(), object.bytes.into());
        }
        let (mut activities, mut agents) = (Map::new(), Map::new());
        let (mut generated, mut used, mut associated, mut invalidated) =
            (Map::new(), Map::new(), Map::new(), Map::new());
        for (number, event) in self.events.iter().enumerate() {
            // One entry may be told twice; an activity's name is its own.
            let activity = format!("wm:entry-{}-{number}", event.entry);
            let mut said = Map::new();
            if !event.at.is_empty() {
                said.insert("prov:startTime".into(), event.at.clone().into());
                said.insert("prov:endTime".into(), event.at.clone().into());
            }
            said.insert("prov:type".into(), format!("wm:{}", event.kind).into());
            said.insert("prov:label".into(), event.text.clone().into());
            activities.insert(activity.clone(), Value::Object(said));
            let relation = format!("_:r{number}");
            let between = json!({ "prov:entity": subject, "prov:activity": activity });
            match event.kind.as_str() {
                "capture" | "import" | "recording" => generated.insert(relation.clone(), between),
                "erase" => invalidated.insert(relation.clone(), between),
                _ => used.insert(relation.clone(), between),
            };
            if event.actor.is_empty() {
                continue;
            }
            let agent = id(&event.actor);
            let mut person =
                json!({ "prov:type": { "$": "prov:Person", "type": "prov:QUALIFIED_NAME" } });
            if let (Some(name), Some(fields)) = (&event.name, person.as_object_mut()) {
                fields.insert("prov:label".into(), name.clone().into());
            }
            agents.insert(agent.clone(), person);
            let by = json!({ "prov:activity": activity, "prov:agent": agent });
            associated.insert(relation, by);
        }
        let mut document = json!({
            "prefix": {
                "wm": "urn:witnessmark:",
                "prov": "http://www.w3.org/ns/prov#",
                "xsd": "http://www.w3.org/2001/XMLSchema#"
            },
            "entity": { subject: entity },
            "activity": activities,
            "agent": agents,
        });
        if let Some(fields) = document.as_object_mut() {
            for (name, relations) in [
                ("wasGeneratedBy", generated),
                ("used", used),
                ("wasAssociatedWith", associated),
                ("wasInvalidatedBy", invalidated),
            ] {
                if !relations.is_empty() {
                    fields.insert(name.into(), Value::Object(relations));
                }
            }
        }
        document
    }
}
