<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>ChangeBar</name>
    <message numerus="yes">
        <source>%n pending changes</source>
        <translation>
            <numerusform>%n pending change</numerusform>
            <numerusform>%n pending changes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n conflicts</source>
        <translation>
            <numerusform>%n conflict</numerusform>
            <numerusform>%n conflicts</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ChangeSetMenu</name>
    <message numerus="yes">
        <source>Delete with %n changes</source>
        <translation>
            <numerusform>Delete with %n change</numerusform>
            <numerusform>Delete with %n changes</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>DeliveriesPage</name>
    <message numerus="yes">
        <source>%n caches not cleared yet</source>
        <translation>
            <numerusform>%n cache not cleared yet</numerusform>
            <numerusform>%n caches not cleared yet</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>HistoryPage</name>
    <message numerus="yes">
        <source>%n entries found</source>
        <translation>
            <numerusform>%n entry found</numerusform>
            <numerusform>%n entries found</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n entries, newest first</source>
        <translation>
            <numerusform>%n entry</numerusform>
            <numerusform>%n entries, newest first</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PushButton</name>
    <message numerus="yes">
        <source>Push %n changes</source>
        <translation>
            <numerusform>Push %n change</numerusform>
            <numerusform>Push %n changes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1, and %n more</source>
        <comment>%1 is a change</comment>
        <translation>
            <numerusform>%1, and %n more</numerusform>
            <numerusform>%1, and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PushDevices</name>
    <message numerus="yes">
        <source>%n attempts</source>
        <comment>to deliver</comment>
        <translation>
            <numerusform>%n attempt</numerusform>
            <numerusform>%n attempts</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>PushSummary</name>
    <message numerus="yes">
        <source>%n notices</source>
        <comment>messages sent</comment>
        <translation>
            <numerusform>%n notice</numerusform>
            <numerusform>%n notices</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <comment>things</comment>
        <translation>
            <numerusform>%n waiting</numerusform>
            <numerusform>%n waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n sent</source>
        <comment>messages</comment>
        <translation>
            <numerusform>%n sent</numerusform>
            <numerusform>%n sent</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n failed</source>
        <comment>messages</comment>
        <translation>
            <numerusform>%n failed</numerusform>
            <numerusform>%n failed</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ReviewSheet</name>
    <message numerus="yes">
        <source>%n minutes</source>
        <translation>
            <numerusform>%n minute</numerusform>
            <numerusform>%n minutes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n changes to be pushed to %1</source>
        <comment>%1 is a server</comment>
        <translation>
            <numerusform>%n change to be pushed to %1</numerusform>
            <numerusform>%n changes to be pushed to %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ThingInspector</name>
    <message numerus="yes">
        <source>%1 is refused everything, and everybody is refused everything about it. It loses its %n friends, who have to clear their caches. Releasing it later gives back exactly what this takes away. It is written into the history under your name.</source>
        <comment>%1 is a JID</comment>
        <translation>
            <numerusform>%1 is refused everything, and everybody is refused everything about it. It loses its %n friend, who has to clear its cache. Releasing it later gives back exactly what this takes away. It is written into the history under your name.</numerusform>
            <numerusform>%1 is refused everything, and everybody is refused everything about it. It loses its %n friends, who have to clear their caches. Releasing it later gives back exactly what this takes away. It is written into the history under your name.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TimeText</name>
    <message numerus="yes">
        <source>%n s ago</source>
        <comment>seconds</comment>
        <translation>
            <numerusform>%n s ago</numerusform>
            <numerusform>%n s ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n min ago</source>
        <comment>minutes</comment>
        <translation>
            <numerusform>%n min ago</numerusform>
            <numerusform>%n min ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n h ago</source>
        <comment>hours</comment>
        <translation>
            <numerusform>%n h ago</numerusform>
            <numerusform>%n h ago</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n d ago</source>
        <comment>days</comment>
        <translation>
            <numerusform>%n d ago</numerusform>
            <numerusform>%n d ago</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Workspace</name>
    <message numerus="yes">
        <source>Revision %1 is committed. %n messages to things are on their way: see Deliveries.</source>
        <comment>%1 is a number</comment>
        <translation>
            <numerusform>Revision %1 is committed. %n message to a thing is on its way: see Deliveries.</numerusform>
            <numerusform>Revision %1 is committed. %n messages to things are on their way: see Deliveries.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>castellan::presentation</name>
    <message numerus="yes">
        <source>%n bytes</source>
        <comment>a certificate</comment>
        <translation>
            <numerusform>%n byte</numerusform>
            <numerusform>%n bytes</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 on %n conditions</source>
        <comment>%1 is allow or deny</comment>
        <translation>
            <numerusform>%1 on %n condition</numerusform>
            <numerusform>%1 on %n conditions</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n edits</source>
        <comment>a step that can be undone</comment>
        <translation>
            <numerusform>%n edit</numerusform>
            <numerusform>%n edits</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>castellan::presentation::HistoryModel</name>
    <message numerus="yes">
        <source>All %n entries fit together</source>
        <translation>
            <numerusform>The %n entry fits</numerusform>
            <numerusform>All %n entries fit together</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>castellan::views::PlaneView</name>
    <message numerus="yes">
        <source>%1 is selected: online, %n friendships shown.</source>
        <comment>%1 is a name</comment>
        <translation>
            <numerusform>%1 is selected: online, %n friendship shown.</numerusform>
            <numerusform>%1 is selected: online, %n friendships shown.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 is selected: offline, %n friendships shown.</source>
        <comment>%1 is a name</comment>
        <translation>
            <numerusform>%1 is selected: offline, %n friendship shown.</numerusform>
            <numerusform>%1 is selected: offline, %n friendships shown.</numerusform>
        </translation>
    </message>
</context>
</TS>
