//! From a bound filter to SQL, as far as columns and indexes know the answer.
//!
//! What is translated means exactly what `scim::filter::matches` says, or it selects a superset
//! and the filter is evaluated on what remains. Column names come from the table below, values
//! are always bound.

use rusqlite::types::Value;

use crate::ids::{OrgId, ResourceId};
use crate::model::system;
use crate::scim::filter::{CompareOp, Expr, Operand, Target};
use crate::scim::fold::fold;
use crate::store::anchor::List;
use crate::store::sql::value;

/// A condition on one row.
#[derive(Debug, PartialEq)]
pub(super) struct Clause {
    pub text: String,
    pub values: Vec<Value>,
    /// False if rows that do not match the filter may pass.
    pub exact: bool,
    /// A query for the keys of the rows that pass, if an index answers it, with its values.
    keys: Option<(String, Vec<Value>)>,
}

impl Clause {
    fn exact(text: impl Into<String>, values: Vec<Value>) -> Self {
        Self {
            text: text.into(),
            values,
            exact: true,
            keys: None,
        }
    }

    /// What `select` finds. As a subquery of its own, so that the planner takes its index and not
    /// one that merely gives the order.
    fn keys(select: String, values: Vec<Value>) -> Self {
        Self {
            text: format!("key IN ({select})"),
            values: values.clone(),
            exact: true,
            keys: Some((select, values)),
        }
    }

    fn constant(truth: bool) -> Self {
        Self::exact(if truth { "1" } else { "0" }, Vec::new())
    }

    /// Filters know no third truth value. No clause is ever NULL: a column that may be stands
    /// inside a subquery or `ifnull`.
    fn not(self) -> Self {
        Self::exact(format!("NOT ({})", self.text), self.values)
    }

    fn and(clauses: &[Self], exact: bool) -> Self {
        Self {
            exact,
            ..Self::joined(clauses, " AND ")
        }
    }

    /// Index look-ups stay look-ups: their results are united.
    fn or(clauses: &[Self]) -> Self {
        let selects: Option<Vec<_>> = clauses.iter().map(|clause| clause.keys.as_ref()).collect();
        let exact = clauses.iter().all(|clause| clause.exact);
        let clause = match selects {
            None => Self::joined(clauses, " OR "),
            Some(selects) => {
                let texts: Vec<_> = selects.iter().map(|(text, _)| text.as_str()).collect();
                let values = selects.iter().flat_map(|(_, values)| values.clone());
                Self::keys(texts.join(" UNION ALL "), values.collect())
            }
        };
        Self { exact, ..clause }
    }

    fn joined(clauses: &[Self], operator: &str) -> Self {
        let texts: Vec<&str> = clauses.iter().map(|clause| clause.text.as_str()).collect();
        let values = clauses.iter().flat_map(|clause| clause.values.clone());
        Self::exact(format!("({})", texts.join(operator)), values.collect())
    }
}

/// How an attribute is kept.
#[derive(Clone, Copy)]
enum Column {
    /// 16 bytes, unique.
    Id,
    /// Text that has its own index, and whether the index says that it is unique.
    Text {
        name: &'static str,
        unique: bool,
    },
    /// Milliseconds, and whether there is an index.
    Time {
        name: &'static str,
        indexed: bool,
    },
    Active,
    /// The addresses of a user.
    Emails,
    /// The groups of a user.
    GroupsOfUser,
    /// The roles of a user.
    RolesOfUser,
    /// The members of a group.
    MembersOfGroup,
}

fn column(list: List, target: &Target) -> Option<Column> {
    if target.extension.is_some() {
        return None;
    }
    let text = |name, unique, case_exact| {
        (target.case_exact == case_exact).then_some(Column::Text { name, unique })
    };
    match (list, target.attribute.as_str(), target.sub.as_deref()) {
        (_, "id", None) => Some(Column::Id),
        (_, "externalId", None) => text("external_id", false, true),
        (_, "meta", Some("created")) => Some(Column::Time {
            name: "created",
            indexed: false,
        }),
        (_, "meta", Some("lastModified")) => Some(Column::Time {
            name: "modified",
            indexed: true,
        }),
        (List::Users, "userName", None) => text("user_name_key", true, false),
        (List::Users, "displayName", None) => text("display_name_key", false, false),
        (List::Users, "active", None) => Some(Column::Active),
        (List::Users, "emails", Some("value")) => (!target.case_exact).then_some(Column::Emails),
        (List::Users, "groups", Some("value")) => Some(Column::GroupsOfUser),
        (List::Users, "roles", Some("value")) => {
            (!target.case_exact).then_some(Column::RolesOfUser)
        }
        (List::Groups, "displayName", None) => text("display_name_key", true, false),
        (List::Groups, "members", Some("value")) => Some(Column::MembersOfGroup),
        _ => None,
    }
}

/// Translates filters on one list of one Org.
pub(super) struct Translator {
    pub list: List,
    pub org: OrgId,
}

impl Translator {
    /// The condition, or `None` if SQL can say nothing.
    pub fn clause(&self, expr: &Expr) -> Option<Clause> {
        match expr {
            Expr::And(all) => self.all(all),
            Expr::Or(any) => self.any(any),
            Expr::Not(inner) => self
                .clause(inner)
                .filter(|inner| inner.exact)
                .map(Clause::not),
            Expr::Present(target) => self.present(target),
            Expr::Compare { target, op, value } => self.compare(target, *op, value),
            Expr::Any { target, filter } => self.element(target, filter),
            Expr::Never => Some(Clause::constant(false)),
        }
    }

    /// Rows with a name, an address or an `externalId` that contains a word. Of an `externalId`
    /// ASCII alone is compared without case.
    pub fn word(&self, word: &str) -> Clause {
        let test = |test: &str, word: &str| Clause::exact(test, vec![word.to_owned().into()]);
        let folded = fold(word);
        let has = |column| test(&format!("instr({column}, ?) > 0"), &folded);
        // The first half makes the index on those that have one apply.
        let external = "external_id IS NOT NULL AND instr(lower(external_id), ?) > 0";
        let mut places = vec![
            self.by_index(has("display_name_key")),
            self.by_index(test(external, &word.to_ascii_lowercase())),
        ];
        if self.list == List::Users {
            let emails = "SELECT user FROM emails WHERE org = ? AND ";
            places.push(self.by_index(has("user_name_key")));
            places.push(self.subquery(emails, has("email_key")));
        }
        Clause::or(&places)
    }

    fn all(&self, exprs: &[Expr]) -> Option<Clause> {
        let clauses: Vec<_> = exprs.iter().filter_map(|expr| self.clause(expr)).collect();
        let exact = clauses.len() == exprs.len() && clauses.iter().all(|clause| clause.exact);
        match (clauses.is_empty(), exact) {
            (true, true) => Some(Clause::constant(true)),
            (true, false) => None,
            _ => Some(Clause::and(&clauses, exact)),
        }
    }

    fn any(&self, exprs: &[Expr]) -> Option<Clause> {
        let clauses: Option<Vec<_>> = exprs.iter().map(|expr| self.clause(expr)).collect();
        let clauses = clauses?;
        if clauses.is_empty() {
            return Some(Clause::constant(false));
        }
        Some(Clause::or(&clauses))
    }

    /// `attribute[…]`: served if it is, or demands, `value eq "…"`.
    fn element(&self, target: &Target, filter: &Expr) -> Option<Clause> {
        match filter {
            Expr::Compare {
                target: inner,
                op: CompareOp::Eq,
                value: operand @ Operand::String(_),
            } if inner.is("value", None) && target.sub.is_none() => {
                let target = Target {
                    attribute: target.attribute.clone(),
                    extension: target.extension.clone(),
                    sub: Some("value".to_owned()),
                    ..inner.clone()
                };
                self.compare(&target, CompareOp::Eq, operand)
            }
            Expr::And(all) => {
                let mut clause = all.iter().find_map(|expr| self.element(target, expr))?;
                clause.exact &= all.len() == 1;
                Some(clause)
            }
            Expr::Or(any) => {
                let clauses: Option<Vec<_>> =
                    any.iter().map(|expr| self.element(target, expr)).collect();
                let clauses = clauses.filter(|clauses| !clauses.is_empty())?;
                Some(Clause::or(&clauses))
            }
            _ => None,
        }
    }

    fn present(&self, target: &Target) -> Option<Clause> {
        if self.list == List::Groups && target.is("members", None) {
            return Some(Clause::exact("member_count > 0", Vec::new()));
        }
        match column(self.list, target)? {
            Column::Text { name, .. } => Some(Clause::exact(
                format!("ifnull({name}, '') <> ''"),
                Vec::new(),
            )),
            Column::MembersOfGroup => Some(Clause::exact("member_count > 0", Vec::new())),
            _ => None,
        }
    }

    fn compare(&self, target: &Target, op: CompareOp, operand: &Operand) -> Option<Clause> {
        match (op, operand) {
            (CompareOp::Ne, _) => self
                .compare(target, CompareOp::Eq, operand)
                .map(Clause::not),
            (CompareOp::Eq, Operand::Null) => self.present(target).map(Clause::not),
            _ => self.compare_value(column(self.list, target)?, op, operand),
        }
    }

    fn compare_value(&self, column: Column, op: CompareOp, operand: &Operand) -> Option<Clause> {
        match (column, operand) {
            (Column::Text { name, unique }, Operand::String(wanted)) => {
                let test = text_test(name, op, wanted)?;
                Some(if unique && op == CompareOp::Eq {
                    self.unique(test)
                } else {
                    self.by_index(test)
                })
            }
            (Column::Emails, Operand::String(wanted)) => {
                let test = text_test("email_key", op, wanted)?;
                Some(self.subquery("SELECT user FROM emails WHERE org = ? AND ", test))
            }
            (Column::Time { name, indexed }, Operand::DateTime(at)) => {
                let operator = order_operator(op)?;
                let test = Clause::exact(format!("{name} {operator} ?"), vec![value(at)]);
                Some(if indexed { self.by_index(test) } else { test })
            }
            (Column::Active, Operand::Bool(wanted)) if op == CompareOp::Eq => {
                Some(Clause::exact("active = ?", vec![value(wanted)]))
            }
            (Column::RolesOfUser, Operand::String(name)) if op == CompareOp::Eq => {
                let (org, name) = (value(&self.org), Value::from(name.clone()));
                let carried = [&org, &name].map(Value::clone);
                let all = [org, value(&system::ALL), name];
                let values = [&carried[..], &carried, &all].concat();
                Some(Clause::keys(USERS_WITH_ROLE.to_owned(), values))
            }
            (_, Operand::String(id)) if op == CompareOp::Eq => self.by_id(column, id),
            _ => None,
        }
    }

    /// A test for an id: what cannot be one of ours matches nothing.
    fn by_id(&self, column: Column, id: &str) -> Option<Clause> {
        let Some(id) = ResourceId::parse(id) else {
            return Some(Clause::constant(false));
        };
        let (org, id) = (value(&self.org), value(&id));
        match column {
            Column::Id => Some(self.unique(Clause::exact("id = ?", vec![id]))),
            Column::GroupsOfUser => Some(Clause::keys(USERS_IN_GROUP.to_owned(), vec![org, id])),
            Column::MembersOfGroup => {
                let values = vec![org.clone(), id.clone(), org, id];
                Some(Clause::keys(GROUPS_OF_MEMBER.to_owned(), values))
            }
            _ => None,
        }
    }

    /// A test that one row passes at most: the planner needs no help with its index.
    fn unique(&self, test: Clause) -> Clause {
        let by_index = self.by_index(Clause::exact(test.text.clone(), test.values.clone()));
        Clause {
            keys: by_index.keys,
            ..test
        }
    }

    fn by_index(&self, test: Clause) -> Clause {
        self.subquery(
            match self.list {
                List::Users => "SELECT key FROM users WHERE org = ? AND ",
                List::Groups => "SELECT key FROM groups WHERE org = ? AND ",
            },
            test,
        )
    }

    fn subquery(&self, select: &str, test: Clause) -> Clause {
        let mut values = vec![value(&self.org)];
        values.extend(test.values);
        Clause::keys(format!("{select}{}", test.text), values)
    }
}

/// Members of the group itself and of the groups inside it, however deep.
const USERS_IN_GROUP: &str = "SELECT user_key FROM members WHERE group_key IN (
        WITH RECURSIVE below (key) AS (
            SELECT key FROM groups WHERE org = ? AND id = ?
            UNION
            SELECT s.child FROM below JOIN subgroups s ON s.parent = below.key
        )
        SELECT key FROM below
    )";

/// Members, however deep, of the groups that carry the role, by grant or by rule; everybody if
/// the group of all does.
const USERS_WITH_ROLE: &str = "SELECT user_key FROM members WHERE group_key IN (
        WITH RECURSIVE below (key) AS (
            SELECT g.key FROM roles r CROSS JOIN group_roles c ON c.role = r.key
            CROSS JOIN groups g ON g.org = c.org AND g.id = c.group_id
            WHERE r.org = ? AND r.name_key = ?
            UNION
            SELECT g.key FROM roles r CROSS JOIN role_rules c ON c.role = r.key
            CROSS JOIN groups g ON g.org = c.org AND g.display_name_key = c.group_name_key
            WHERE r.org = ? AND r.name_key = ?
            UNION
            SELECT s.child FROM below JOIN subgroups s ON s.parent = below.key
        )
        SELECT key FROM below
    )
    UNION ALL
    SELECT u.key FROM group_roles c CROSS JOIN roles r ON r.key = c.role
    CROSS JOIN users u ON u.org = c.org
    WHERE c.org = ? AND c.group_id = ? AND r.name_key = ?";

const GROUPS_OF_MEMBER: &str = "SELECT group_key FROM members
    WHERE user_key = (SELECT key FROM users WHERE org = ? AND id = ?)
    UNION ALL
    SELECT parent FROM subgroups
    WHERE child = (SELECT key FROM groups WHERE org = ? AND id = ?)";

fn order_operator(op: CompareOp) -> Option<&'static str> {
    match op {
        CompareOp::Eq => Some("="),
        CompareOp::Gt => Some(">"),
        CompareOp::Ge => Some(">="),
        CompareOp::Lt => Some("<"),
        CompareOp::Le => Some("<="),
        CompareOp::Ne | CompareOp::Co | CompareOp::Sw | CompareOp::Ew => None,
    }
}

/// A comparison of a text column; NULL where the column is.
fn text_test(column: &str, op: CompareOp, wanted: &str) -> Option<Clause> {
    // SQLite's text functions end at U+0000.
    if wanted.contains('\0') {
        return None;
    }
    let bound = || Value::from(wanted.to_owned());
    if let Some(operator) = order_operator(op) {
        return Some(Clause::exact(
            format!("{column} {operator} ?"),
            vec![bound()],
        ));
    }
    if wanted.is_empty() {
        // Every text contains the empty one.
        return Some(Clause::exact(format!("{column} IS NOT NULL"), Vec::new()));
    }
    match op {
        CompareOp::Co => Some(Clause::exact(
            format!("instr({column}, ?) > 0"),
            vec![bound()],
        )),
        CompareOp::Ew => {
            let length = i64::try_from(wanted.chars().count()).ok()?;
            let values = vec![Value::from(-length), bound()];
            Some(Clause::exact(format!("substr({column}, ?) = ?"), values))
        }
        CompareOp::Sw => Some(match after_prefix(wanted) {
            Some(end) => Clause::exact(
                format!("({column} >= ? AND {column} < ?)"),
                vec![bound(), Value::from(end)],
            ),
            None => Clause::exact(format!("{column} >= ?"), vec![bound()]),
        }),
        _ => None,
    }
}

/// The least text greater than all that begin with `prefix`; `None` if there is none.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // The step over the surrogates is in `char`'s own range.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_text() {
        for (prefix, end) in [
            ("ab", Some("ac")),
            ("a\u{10ffff}", Some("b")),
            ("\u{d7ff}", Some("\u{e000}")),
            ("\u{10ffff}", None),
        ] {
            assert_eq!(after_prefix(prefix).as_deref(), end);
        }
    }
}
