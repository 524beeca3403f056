//! How values of the house become columns: ids as 16-byte blobs, moments as milliseconds, names
//! as the words they serialize to.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as NameError, StrDeserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::ids::{OrgId, RequestId, ResourceId, TokenId};
use crate::model::event::Actor;

macro_rules! uuid_column {
    ($($id:ident)*) => { $(
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
            }
        }

        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Uuid::from_slice(value.as_blob()?)
                    .map(Self)
                    .map_err(|_| FromSqlError::InvalidType)
            }
        }
    )* };
}

macro_rules! integer_column {
    ($($number:ident)*) => { $(
        impl ToSql for $number {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromSql for $number {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }
    )* };
}

uuid_column! { ResourceId RequestId }
integer_column! { Timestamp OrgId }

impl ToSql for TokenId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for TokenId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str().map(|id| Self(id.to_owned()))
    }
}

/// A number that is never negative; SQLite's integers are signed.
#[derive(Clone, Copy)]
pub(super) struct Count(pub u64);

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number)
            .map(Self)
            .map_err(|_| FromSqlError::OutOfRange(number))
    }
}

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(signed(self.0).into())
    }
}

/// As SQLite's signed integer; beyond its range the largest.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Who made a resource: the column is never NULL, so that uniqueness holds for operators too.
#[derive(Clone)]
pub(super) struct Source(pub Option<TokenId>);

impl ToSql for Source {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.as_ref().map_or("", |id| id.0.as_str()).to_sql()
    }
}

impl FromSql for Source {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let id = value.as_str()?;
        Ok(Self((!id.is_empty()).then(|| TokenId(id.to_owned()))))
    }
}

/// A unit enum of the model, as the name it serializes to.
pub(super) struct Named<T>(pub T);

impl<T: Serialize> ToSql for Named<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(name_of(&self.0).into())
    }
}

impl<T: for<'de> Deserialize<'de>> FromSql for Named<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name: StrDeserializer<'_, NameError> = value.as_str()?.into_deserializer();
        T::deserialize(name)
            .map(Self)
            .map_err(|_| FromSqlError::InvalidType)
    }
}

/// The name a unit enum serializes to.
pub(super) fn name_of<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// `token:tok_…`, `operator:name` or `system`.
pub(super) struct ActorColumn(pub Actor);

impl ToSql for ActorColumn {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(actor_text(&self.0).into())
    }
}

pub(super) fn actor_text(actor: &Actor) -> String {
    match actor {
        Actor::Token(id) => format!("token:{id}"),
        Actor::Operator(name) => format!("operator:{name}"),
        Actor::System => "system".to_owned(),
    }
}

impl FromSql for ActorColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let actor = match value.as_str()?.split_once(':') {
            Some(("token", id)) => Actor::Token(TokenId(id.to_owned())),
            Some(("operator", name)) => Actor::Operator(name.to_owned()),
            None => Actor::System,
            Some(_) => return Err(FromSqlError::InvalidType),
        };
        Ok(Self(actor))
    }
}

/// A JSON document kept as text; NULL reads as JSON null.
pub(super) struct Json<T>(pub T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        serde_json::to_string(&self.0)
            .map(Into::into)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }
}

impl<T: for<'de> Deserialize<'de>> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = match value {
            ValueRef::Null => "null",
            other => other.as_str()?,
        };
        serde_json::from_str(text)
            .map(Self)
            .map_err(|_| FromSqlError::InvalidType)
    }
}
