-- The walls around {facts}; put up after a rebuilt schema is filled and before anyone can reach it.
DO $$
DECLARE t name;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = '{facts}'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE {facts}.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY rule ON {facts}.%I TO heed_rule USING (true) WITH CHECK (true)', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON {facts}.%I TO heed_rule', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['record', 'person', 'wall', 'relation', 'employment', 'line', 'slot', 'held'] LOOP
        EXECUTE format('CREATE CONSTRAINT TRIGGER accountable AFTER INSERT OR UPDATE %s ON {facts}.%I '
                       'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION register.check_accountable()',
                       CASE t WHEN 'record' THEN 'OF owner' ELSE '' END, t);
        EXECUTE format('ALTER TABLE {facts}.%I ENABLE ALWAYS TRIGGER accountable', t);
    END LOOP;
END $$;
CREATE TRIGGER unscreened AFTER INSERT ON {facts}.record FOR EACH ROW EXECUTE FUNCTION register.keep_unscreened();
ALTER TABLE {facts}.record ENABLE ALWAYS TRIGGER unscreened;
GRANT USAGE ON SCHEMA {facts} TO heed_rule, heed_office;
GRANT SELECT ON {facts}.person, {facts}.unit, {facts}.line, {facts}.employment, {facts}.record, {facts}.item,
    {facts}.sorting TO heed_office;
-- Who works where is no secret among staff; restrictions, relations, offers and requests are granted to nobody.
CREATE POLICY office ON {facts}.person FOR SELECT TO heed_office
    USING ((SELECT machinery.me()) IS NOT NULL);
CREATE POLICY office ON {facts}.unit FOR SELECT TO heed_office
    USING ((SELECT machinery.me()) IS NOT NULL);
CREATE POLICY office ON {facts}.line FOR SELECT TO heed_office
    USING ((SELECT machinery.me()) IS NOT NULL);
CREATE POLICY office ON {facts}.employment FOR SELECT TO heed_office
    USING ((SELECT machinery.me()) IS NOT NULL);
-- What one has just opened is asked for first: then no question about it walks through all that one may read.
CREATE POLICY office ON {facts}.record FOR SELECT TO heed_office
    USING (id IN (SELECT machinery.my_open_records()) OR id IN (SELECT machinery.my_records()));
CREATE POLICY office ON {facts}.item FOR SELECT TO heed_office
    USING (record IN (SELECT machinery.my_open_records()) AND entry NOT IN (SELECT machinery.my_hidden_copies()));
-- That it is a copy shows where both are the reader's to read: it would tell of the other.
CREATE POLICY office ON {facts}.sorting FOR SELECT TO heed_office
    USING ((record IN (SELECT machinery.my_open_records()) OR record IN (SELECT machinery.my_records()))
           AND (copy_of IS NULL OR copy_of IN (SELECT machinery.my_records())));
GRANT SELECT ON {facts}.file TO heed_office;
CREATE POLICY office ON {facts}.file FOR SELECT TO heed_office
    USING (record IN (SELECT machinery.my_open_records()) OR record IN (SELECT machinery.my_records()));
